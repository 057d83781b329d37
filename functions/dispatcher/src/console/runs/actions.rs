//! `POST /console/runs/{id}/…`: what the API's calls of these names do, by forms.

use axum::{Extension, extract::State as From, response::Response};
use serde_json::json;
use shared::domain::RunId;

use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    console::{forms::landing, page, run_row},
    problem::Problem,
    query::Id,
    runs::{dead, read},
};

/// Asks a run to stop.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn cancel(
    From(state): From<State>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    read::cancel(From(state), Id(id)).await?;
    Ok(page::see_other(&format!(
        "{}?done=cancelled",
        run_row::url(id)
    )))
}

/// Queues the next attempt, and shows it.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn retry(
    From(state): From<State>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    let body = OptionalJsonBody(JsonBody::of(&json!({}))?);
    let answer = dead::retry(From(state), Extension(caller), Id(id), body).await?;
    Ok(landing(&answer, "retried"))
}

/// Notes that a failure needs no more care.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn acknowledge(
    From(state): From<State>,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    drop(dead::acknowledge(From(state), Extension(caller), Id(id)).await?);
    Ok(page::see_other(&format!(
        "{}?done=acknowledged",
        run_row::url(id)
    )))
}
