//! `/_control`: what tests and the demo ask of the stand-in that Google would not answer.
//!
//! - `GET /_control` — orders still open, and the most questions answered at the same time.
//! - `POST /_control/faults` — order a failure (see [`super::faults::Fault`]); `DELETE` forgets all.
//! - `POST /_control/latency` — how long every answer of a model takes: `{"latency_ms":500}`.
//! - `POST /_control/rate` — so many questions (see [`super::Rate`]); `DELETE` lifts it.
//! - `POST /_control/processing` — how files uploaded from now on are processed (see [`super::Processing`]); `DELETE`
//!   goes back to the usual.
//! - `POST /_control/models` — which models there are: `["gemini-flash-latest"]`.
//! - `GET /_control/seen` — every request that came (see [`super::Seen`]); `DELETE` forgets them.
//! - `GET /_control/files` — the files that are there.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kept, Processing, Rate, Seen, Shared, faults::Fault};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control", get(overview))
        .route("/_control/faults", post(order).delete(forget))
        .route("/_control/latency", post(set_latency))
        .route("/_control/rate", post(set_rate).delete(lift_rate))
        .route(
            "/_control/processing",
            post(set_processing).delete(usual_processing),
        )
        .route("/_control/models", post(set_models))
        .route("/_control/seen", get(seen).delete(forget_seen))
        .route("/_control/files", get(files))
}

async fn overview(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({
        "faults": shared.faults.open(),
        "at_once_max": shared.limits.at_once_max(),
    }))
}

async fn order(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> Response {
    match shared.faults.order(fault) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => (StatusCode::TOO_MANY_REQUESTS, problem).into_response(),
    }
}

async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

/// How long an answer takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Latency {
    latency_ms: u64,
}

async fn set_latency(
    State(shared): State<Arc<Shared>>,
    Json(latency): Json<Latency>,
) -> StatusCode {
    let latency = Duration::from_millis(latency.latency_ms);
    shared.limits.set_latency(latency);
    StatusCode::NO_CONTENT
}

async fn set_rate(State(shared): State<Arc<Shared>>, Json(rate): Json<Rate>) -> StatusCode {
    shared.limits.set_rate(Some(rate));
    StatusCode::NO_CONTENT
}

async fn lift_rate(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.limits.set_rate(None);
    StatusCode::NO_CONTENT
}

async fn set_processing(
    State(shared): State<Arc<Shared>>,
    Json(processing): Json<Processing>,
) -> StatusCode {
    shared.files.set_processing(Some(processing));
    StatusCode::NO_CONTENT
}

async fn usual_processing(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.files.set_processing(None);
    StatusCode::NO_CONTENT
}

async fn set_models(
    State(shared): State<Arc<Shared>>,
    Json(names): Json<Vec<String>>,
) -> StatusCode {
    shared.set_models(names);
    StatusCode::NO_CONTENT
}

async fn seen(State(shared): State<Arc<Shared>>) -> Json<Vec<Seen>> {
    Json(shared.ledger.seen())
}

async fn forget_seen(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.ledger.forget();
    StatusCode::NO_CONTENT
}

async fn files(State(shared): State<Arc<Shared>>) -> Json<Vec<Kept>> {
    Json(shared.files.all())
}
