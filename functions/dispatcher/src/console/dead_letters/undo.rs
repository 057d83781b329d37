//! `POST /console/dead-letters/unacknowledge`: what was acknowledged at once needs care again.

use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::store::runs::acknowledged;

use crate::{
    State,
    console::{form::Form, guard::Visitor, page},
    problem::Problem,
};

/// Makes dead letters again of what the form names by its time and by whom.
///
/// # Errors
/// 422 without a time; 409 when nothing of it is left; when the database does not answer.
pub(in crate::console) async fn unacknowledge(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let at = form.get("at").and_then(|it| it.parse().ok());
    let at: DateTime<Utc> = at.ok_or_else(|| Problem::field("at", "is missing"))?;
    let mut tx = state.db.begin().await?;
    let runs = acknowledged::take_back(&mut tx, at, form.get("by").unwrap_or_default()).await?;
    if runs == 0 {
        let detail =
            "nothing of it is left to take back: it was taken back before, or retried since";
        return Err(Problem::conflict("nothing-acknowledged", detail));
    }
    tx.commit().await?;
    let by = &visitor.caller.name;
    tracing::info!(%at, runs, by, "acknowledgements were taken back");
    Ok(page::see_other("/console/dead-letters?done=unacknowledged"))
}
