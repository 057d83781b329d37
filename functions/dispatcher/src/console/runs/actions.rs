//! `POST /console/runs/{id}/…`: what the API's calls of these names do, by forms.

use axum::{Extension, response::Response};
use serde_json::json;
use shared::domain::RunId;

use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    console::{page, run_row},
    problem::Problem,
    query::Id,
    runs::{dead, read},
};

/// Asks a run to stop.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn cancel(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    read::cancel(state, Extension(caller), Id(id)).await?;
    Ok(page::see_other(&format!(
        "{}?done=cancelled",
        run_row::url(id)
    )))
}

/// Notes that a failure needs no more care.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn acknowledge(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    let body = OptionalJsonBody(JsonBody::of(&json!({}))?);
    drop(dead::acknowledge(state, Extension(caller), Id(id), body).await?);
    Ok(page::see_other(&format!(
        "{}?done=acknowledged",
        run_row::url(id)
    )))
}
