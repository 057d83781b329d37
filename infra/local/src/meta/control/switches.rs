//! Switches of single parts: accounts, time, reports, limits, and what was served.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::{
    AccountSpec, Poison, Quota, ReportOrder, Seen, Served, Shared, Sizes, TokenSpec,
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control/accounts", post(add_account))
        .route("/_control/clock", post(set_clock).delete(free_clock))
        .route(
            "/_control/reports",
            post(order_reports).delete(forget_reports),
        )
        .route("/_control/limits", post(set_sizes).delete(lift_sizes))
        .route("/_control/poison", post(poison).delete(cure))
        .route("/_control/served", get(served).delete(forget_served))
        .route("/_control/seen", get(seen).delete(forget_seen))
        .route("/_control/quota", post(set_quota).delete(lift_quota))
        .route("/_control/tokens", post(register))
        .route("/_control/tokens/revoke", post(revoke))
}

async fn add_account(State(shared): State<Arc<Shared>>, Json(spec): Json<AccountSpec>) -> Response {
    match shared.accounts.add(spec) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_string()).into_response(),
    }
}

/// A time to set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    now: DateTime<Utc>,
}

async fn set_clock(State(shared): State<Arc<Shared>>, Json(clock): Json<Clock>) -> StatusCode {
    shared.now.set(Some(clock.now));
    StatusCode::NO_CONTENT
}

async fn free_clock(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.now.set(None);
    StatusCode::NO_CONTENT
}

async fn order_reports(
    State(shared): State<Arc<Shared>>,
    Json(order): Json<ReportOrder>,
) -> StatusCode {
    shared.reports.order(order);
    StatusCode::NO_CONTENT
}

async fn forget_reports(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.reports.forget_orders();
    StatusCode::NO_CONTENT
}

async fn set_sizes(State(shared): State<Arc<Shared>>, Json(sizes): Json<Sizes>) -> StatusCode {
    shared.limits.set_sizes(sizes);
    StatusCode::NO_CONTENT
}

async fn lift_sizes(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.limits.set_sizes(Sizes::default());
    StatusCode::NO_CONTENT
}

async fn poison(State(shared): State<Arc<Shared>>, Json(poison): Json<Poison>) -> StatusCode {
    shared.limits.poison(poison);
    StatusCode::NO_CONTENT
}

async fn cure(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.limits.cure();
    StatusCode::NO_CONTENT
}

async fn served(State(shared): State<Arc<Shared>>) -> Json<Vec<Served>> {
    Json(shared.ledger.served())
}

async fn forget_served(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.ledger.forget_served();
    StatusCode::NO_CONTENT
}

async fn seen(State(shared): State<Arc<Shared>>) -> Json<Vec<Seen>> {
    Json(shared.ledger.seen())
}

async fn forget_seen(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.ledger.forget_seen();
    StatusCode::NO_CONTENT
}

async fn set_quota(State(shared): State<Arc<Shared>>, Json(quota): Json<Quota>) -> StatusCode {
    shared.quotas.set(Some(quota));
    StatusCode::NO_CONTENT
}

async fn lift_quota(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.quotas.set(None);
    StatusCode::NO_CONTENT
}

async fn register(State(shared): State<Arc<Shared>>, Json(token): Json<TokenSpec>) -> StatusCode {
    shared.tokens.register(token, shared.now.get());
    StatusCode::NO_CONTENT
}

/// A token to take back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    token: String,
}

async fn revoke(
    State(shared): State<Arc<Shared>>,
    Json(revocation): Json<Revocation>,
) -> StatusCode {
    shared.tokens.revoke(&revocation.token, shared.now.get());
    StatusCode::NO_CONTENT
}
