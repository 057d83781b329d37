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

/// Sets a dataset's limit, or takes it away.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn set(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let dataset = Path(form.get("dataset").unwrap_or_default().to_owned());
    dataset_limits::permit(&caller)?;
    let caller = Extension(caller);
    if form.get("do") == Some("remove") {
        dataset_limits::remove(state, caller, dataset).await?;
    } else {
        let hours = form.get("fresh_for_hours").and_then(|it| it.parse().ok());
        let hours: i32 = hours.ok_or_else(dataset_limits::no_such_hours)?;
        let body = JsonBody::of(&json!({ "fresh_for_hours": hours }))?;
        drop(dataset_limits::set(state, caller, dataset, body).await?);
    }
    Ok(page::see_other("/console/freshness?done=limited"))
}
