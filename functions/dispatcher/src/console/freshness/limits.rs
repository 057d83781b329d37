//! `POST /console/freshness/limits`: how old a dataset may be.

use axum::{Extension, extract::Path, response::Response};
use serde_json::json;

use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    console::{form::Form, page},
    dataset_limits,
    problem::Problem,
};

/// Sets a dataset's limit, or takes it away where no hours are given.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn set(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let dataset = Path(form.get("dataset").unwrap_or_default().to_owned());
    let caller = Extension(caller);
    match form.get("fresh_for_hours") {
        None => drop(dataset_limits::remove(state, caller, dataset).await?),
        Some(hours) => {
            // What is no number is told as it is, so that it is refused and not left out.
            let hours = hours.parse::<i32>();
            let hours = hours.map_err(|_| dataset_limits::no_such_hours())?;
            let body = JsonBody::of(&json!({ "fresh_for_hours": hours }))?;
            drop(dataset_limits::set(state, caller, dataset, body).await?);
        }
    }
    Ok(page::see_other("/console/freshness?done=limited"))
}
