//! Which address is answered by what.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{delete, get, post, put},
};
use tower_http::compression::CompressionLayer;

use crate::{
    State, accounted, ad_accounts,
    auth::{self, Unscoped},
    body, brands, calendar, channels, console, dataset_limits, health, job_types, jobs, members,
    notifications, openapi, organizations,
    problem::Problem,
    reports, runs, schedules, tokens, webhooks,
};

/// The whole API and the console. Everything but `/healthz`, webhooks and the console's way in asks for a token or
/// for a session, unknown addresses too; webhooks ask for a signature.
pub fn router(state: State) -> Router {
    let state = Unscoped::new(state);
    Router::new()
        .route("/api/openapi.json", get(openapi::show))
        .route("/api/job-types", get(job_types::list))
        .merge(of_jobs())
        .route(
            "/api/runs",
            get(runs::read::list).post(runs::queue::one_time),
        )
        .route("/api/queue-one-time-job", post(jobs::legacy::queue))
        .route("/api/ensure-recurring-job", post(jobs::legacy::ensure))
        .route("/api/runs/{id}", get(runs::read::one))
        .route("/api/runs/{id}/chain", get(runs::chain::show))
        .route("/api/runs/{id}/logs", get(runs::read::logs))
        .route("/api/runs/{id}/cancel", post(runs::read::cancel))
        .route("/api/runs/{id}/acknowledge", post(runs::dead::acknowledge))
        .route(
            "/api/runs/{id}/unacknowledge",
            post(runs::dead::unacknowledge),
        )
        .route("/api/runs/{id}/retry", post(runs::dead::retry))
        .route(
            "/api/brands/{id}/ad-accounts",
            get(ad_accounts::read::list).post(ad_accounts::link::link),
        )
        .route(
            "/api/brands/{id}/ad-accounts/check",
            post(ad_accounts::read::check),
        )
        .route(
            "/api/brands/{id}/ad-accounts/{account}",
            delete(ad_accounts::link::unlink),
        )
        .route("/api/brands/{id}/classifications", get(reports::list))
        .route("/api/brands/{id}/classifications/{ad}", get(reports::one))
        .route("/api/brands/{id}/hook-types", get(reports::hook_types))
        .route("/api/brands/{id}/congruence", get(reports::congruence))
        .merge(failures())
        .merge(callers())
        .merge(figures())
        .merge(news())
        .fallback(async || unknown_address())
        .method_not_allowed_fallback(async || wrong_method())
        .layer(from_fn_with_state(state.clone(), auth::require))
        .route("/healthz", get(health::check))
        .route("/api/webhooks/scheduled-jobs", post(webhooks::changed))
        .merge(console::routes(&state))
        .method_not_allowed_fallback(async || wrong_method())
        .layer(body::limit())
        .layer(from_fn(note))
        .layer(CompressionLayer::new())
        .with_state(state)
}

fn news() -> Router<Unscoped> {
    Router::new()
        .route("/api/notifications", get(notifications::list))
        .route("/api/notifications/read", post(notifications::mark))
        .route("/api/notification-channels", get(channels::list))
        .route("/api/notification-channels/{channel}", put(channels::put))
        .route(
            "/api/notification-channels/{channel}/test",
            post(channels::test),
        )
}

fn failures() -> Router<Unscoped> {
    Router::new()
        .route("/api/dead-letters", get(runs::dead::list))
        .route("/api/dead-letters/retry", post(runs::batches::create))
        .route(
            "/api/dead-letters/retry/preview",
            post(runs::retry_preview::show),
        )
        .route("/api/retry-batches", get(runs::batches::list))
        .route("/api/retry-batches/{id}", get(runs::batches::one))
        .route(
            "/api/retry-batches/{id}/cancel",
            post(runs::batches::cancel),
        )
}

fn figures() -> Router<Unscoped> {
    Router::new()
        .route("/api/accounted", get(accounted::show))
        .route("/api/brands", get(brands::list))
        .route("/api/calendar", get(calendar::show))
        .route("/api/dataset-limits", get(dataset_limits::list))
        .route(
            "/api/dataset-limits/{dataset}",
            put(dataset_limits::set).delete(dataset_limits::remove),
        )
        .route("/api/schedules/preview", post(schedules::preview))
}

fn callers() -> Router<Unscoped> {
    Router::new()
        .route(
            "/api/organizations",
            get(organizations::list).post(organizations::create),
        )
        .route(
            "/api/organizations/{id}",
            get(organizations::one).patch(organizations::rename),
        )
        .route("/api/members", get(members::list))
        .route(
            "/api/tokens",
            get(tokens::read::list).post(tokens::give::create),
        )
        .route(
            "/api/tokens/{id}",
            get(tokens::read::one).delete(tokens::read::revoke),
        )
        .route("/api/tokens/{id}/rotate", post(tokens::give::rotate))
}

fn of_jobs() -> Router<Unscoped> {
    Router::new()
        .route(
            "/api/jobs",
            get(jobs::read::list).post(jobs::create::create),
        )
        .route("/api/jobs/bulk", post(jobs::bulk::act))
        .route(
            "/api/jobs/{id}",
            get(jobs::read::one).patch(jobs::edit::edit),
        )
        .route("/api/jobs/{id}/preview", post(jobs::preview::show))
        .route("/api/jobs/{id}/changes", get(jobs::changes::list))
        .route("/api/jobs/{id}/skip-next", post(jobs::skip::skip_next))
        .route("/api/jobs/{id}/run", post(runs::queue::existing))
        .route("/api/jobs/{id}/pause", post(jobs::switch::pause))
        .route("/api/jobs/{id}/resume", post(jobs::switch::resume))
        .route("/api/jobs/{id}/archive", post(jobs::switch::archive))
}

/// 404 for an address where nothing is.
pub(crate) fn unknown_address() -> Problem {
    let detail = "nothing is served at this address";
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
}

/// 405, with the methods that the address takes.
pub(crate) fn wrong_method() -> Problem {
    let detail = "this address does not take this method; `Allow` says which it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", detail)
}

/// One line per request, and no answer of ours in a cache that does not say it may be there.
async fn note(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();

    let mut response = next.run(request).await;

    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(no_store);
    tracing::info!(
        http.method = %method,
        http.route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        http.status = response.status().as_u16(),
        duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}
