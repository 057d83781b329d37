//! `POST /console/jobs/{id}/…`: what the API's calls of these names do, by forms.

use axum::{Extension, response::Response};
use serde_json::json;
use shared::{
    domain::{JobId, schedule::Zone},
    store::jobs::read,
};

use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    console::{form::Form, forms::moment_of, page},
    jobs::{skip, switch, version::IfMatch},
    problem::Problem,
    query::Id,
};

/// Pauses, with a reason and until a time if they are given.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn pause(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let until = match form.get("until") {
        None => None,
        Some(text) => Some(until(&state, id, text).await?),
    };
    let body = JsonBody::of(&json!({ "reason": form.get("reason"), "until": until }))?;
    let body = OptionalJsonBody(body);
    drop(switch::pause(state, Extension(caller), Id(id), IfMatch::default(), body).await?);
    Ok(back(id, "paused"))
}

/// The end of a pause, by the clock of the job's schedule.
async fn until(state: &State, id: JobId, text: &str) -> Result<String, Problem> {
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    let zone = job.timing.timezone.parse().unwrap_or(Zone::UTC);
    Ok(moment_of(text, zone))
}

/// Resumes.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn resume(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let body = OptionalJsonBody(JsonBody::of(&json!({}))?);
    drop(switch::resume(state, Extension(caller), Id(id), IfMatch::default(), body).await?);
    Ok(back(id, "resumed"))
}

/// Archives.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn archive(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let body = OptionalJsonBody(JsonBody::of(&json!({}))?);
    drop(switch::archive(state, Extension(caller), Id(id), IfMatch::default(), body).await?);
    Ok(back(id, "archived"))
}

/// Leaves out the fire time that the page showed as the next one.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn skip_next(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let body = JsonBody::of(&json!({ "next_run_at": form.get("next_run_at") }))?;
    let body = OptionalJsonBody(body);
    drop(skip::skip_next(state, Extension(caller), Id(id), body).await?);
    Ok(back(id, "skipped"))
}

fn back(id: JobId, done: &str) -> Response {
    page::see_other(&format!("{}?done={done}", super::url(id)))
}
