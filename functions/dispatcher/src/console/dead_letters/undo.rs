//! `POST /console/dead-letters/unacknowledge`: what was acknowledged at once needs care again.

use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::store::runs::acknowledged;

use crate::{
    State,
    console::{form::Form, page},
    problem::Problem,
};

/// Makes dead letters again of what the form names by its time and by whom; repeated, nothing is left to do.
///
/// # Errors
/// 422 without a time; when the database does not answer.
pub(in crate::console) async fn unacknowledge(
    state: State,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let at = form.get("at").and_then(|it| it.parse().ok());
    let at: DateTime<Utc> = at.ok_or_else(|| Problem::field("at", "is missing"))?;
    let mut tx = state.db.begin().await?;
    acknowledged::take_back(&mut tx, at, form.get("by").unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(page::see_other("/console/dead-letters?done=unacknowledged"))
}
