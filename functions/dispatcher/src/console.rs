//! The console: pages for people, beside the API and by its functions.
//!
//! Made on the server and usable without JavaScript; the one script keeps times relative and refreshes what runs.
//! Reads are the store's; whatever changes something goes through the API's own function for it, so that the
//! two never differ in what they check or write. Everything but the way in asks for a session, and every
//! form for that session's proof.

mod accounted;
mod ads;
mod assets;
mod calendar;
mod channels;
mod dead_letters;
mod form;
mod forms;
mod freshness;
mod guard;
mod headers;
mod jobs;
mod members;
mod moment;
mod notifications;
mod organizations;
mod overview;
mod page;
mod run_row;
mod runs;
mod session;
mod sign_in;
mod strip;
mod tokens;
mod words;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};

use crate::auth::Unscoped;
pub(crate) use page::wrong_method;

/// The addresses of the console.
pub(crate) fn routes(state: &Unscoped) -> Router<Unscoped> {
    Router::new()
        .merge(jobs())
        .merge(runs())
        .merge(tokens())
        .route("/console", get(overview::show))
        .route("/console/", any(home))
        .route("/console/live", get(overview::live))
        .route("/console/freshness", get(freshness::show))
        .route("/console/freshness/limits", post(freshness::limits::set))
        .route("/console/calendar", get(calendar::show))
        .route(strip::PATH, get(strip::show))
        .route("/console/ads", get(ads::list::show))
        .route("/console/brands/{id}/ads/{ad}", get(ads::page::show))
        .route("/console/notifications", get(notifications::show))
        .route("/console/notifications/read", post(notifications::mark))
        .route("/console/notifications/channels", get(channels::show))
        .route(
            "/console/notifications/channels/{channel}",
            post(channels::set),
        )
        .route(
            "/console/notifications/channels/{channel}/test",
            post(channels::test),
        )
        .route("/console/sign-out", post(sign_in::leave))
        .route("/console/{*rest}", any(page::unknown))
        .method_not_allowed_fallback(async || wrong_method())
        .layer(from_fn_with_state(state.clone(), guard::require))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/console/assets/{name}", get(assets::one))
        .route("/", get(home))
        .layer(from_fn_with_state(
            headers::Policies::new(state),
            headers::add,
        ))
}

fn jobs() -> Router<Unscoped> {
    Router::new()
        .route("/console/jobs", get(jobs::list::show))
        .route("/console/jobs/bulk", post(jobs::bulk::act))
        .route(
            "/console/jobs/new",
            get(jobs::form::new).post(jobs::form::create),
        )
        .route("/console/jobs/{id}", get(jobs::page::show))
        .route(
            "/console/jobs/{id}/edit",
            get(jobs::form::change).post(jobs::form::edit),
        )
        .route(
            "/console/jobs/{id}/run",
            get(runs::new::of_job).post(runs::new::start),
        )
        .route("/console/jobs/{id}/pause", post(jobs::actions::pause))
        .route("/console/jobs/{id}/resume", post(jobs::actions::resume))
        .route("/console/jobs/{id}/archive", post(jobs::actions::archive))
        .route(
            "/console/jobs/{id}/skip-next",
            post(jobs::actions::skip_next),
        )
}

fn runs() -> Router<Unscoped> {
    Router::new()
        .route("/console/runs", get(runs::list::show))
        .route(
            "/console/runs/new",
            get(runs::once::form).post(runs::once::start),
        )
        .route("/console/runs/{id}", get(runs::page::show))
        .route("/console/runs/{id}/live", get(runs::page::live))
        .route("/console/runs/{id}/log", get(runs::log::show))
        .route("/console/runs/{id}/cancel", post(runs::actions::cancel))
        .route(
            "/console/runs/{id}/retry",
            get(runs::retry::form).post(runs::retry::retry),
        )
        .route(
            "/console/runs/{id}/acknowledge",
            post(runs::actions::acknowledge),
        )
        .route("/console/dead-letters", get(dead_letters::show))
        .route(
            "/console/dead-letters/{cause}",
            post(dead_letters::act::act),
        )
        .route(
            "/console/dead-letters/unacknowledge",
            post(dead_letters::undo::unacknowledge),
        )
        .route(
            "/console/retry-batches/{id}",
            get(dead_letters::batch::show),
        )
        .route(
            "/console/retry-batches/{id}/live",
            get(dead_letters::batch::live),
        )
        .route(
            "/console/retry-batches/{id}/cancel",
            post(dead_letters::batch::cancel),
        )
}

fn tokens() -> Router<Unscoped> {
    Router::new()
        .route("/console/members", get(members::show))
        .route(
            "/console/organizations",
            get(organizations::show).post(organizations::create),
        )
        .route(
            "/console/organizations/{id}/rename",
            post(organizations::rename),
        )
        .route("/console/tokens", get(tokens::show).post(tokens::create))
        .route("/console/tokens/{id}/revoke", post(tokens::revoke))
        .route("/console/tokens/{id}/rotate", post(tokens::rotate))
}

async fn home() -> axum::response::Response {
    page::see_other("/console")
}
