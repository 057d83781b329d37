//! `GET /api/jobs/{id}/changes`: who changed what, and when.

use axum::Json;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use shared::{
    domain::JobId,
    store::jobs::{
        changes::{self, Change, Place},
        read,
    },
};

use crate::{
    State,
    problem::Problem,
    query::{self, Id, Query},
};

/// Changed fields in one answer.
pub(crate) const LIMIT_MAX: i64 = 500;
pub(crate) const LIMIT_DEFAULT: i64 = 100;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Changes {
    changes: Vec<ChangeView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChangeView {
    revision: i32,
    changed_at: DateTime<Utc>,
    changed_by: String,
    field: String,
    old: Option<Value>,
    new: Value,
}

/// The changed fields of a job, newest first.
pub(crate) async fn list(
    state: State,
    Id(id): Id<JobId>,
    mut query: Query,
) -> Result<Json<Changes>, Problem> {
    let after = query
        .text("after")?
        .as_deref()
        .map(read_place)
        .transpose()?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    let changes = changes::list_after(&mut tx, id, after.as_ref(), limit + 1).await?;
    tx.commit().await?;
    job.ok_or_else(|| Problem::missing("job"))?;
    let (changes, next_after) = query::page(changes, limit, place);
    Ok(Json(Changes {
        next_after,
        changes: changes.into_iter().map(ChangeView::from).collect(),
    }))
}

/// A changed field's place in the list, as in `3_status`.
fn place(change: &Change) -> String {
    format!("{}_{}", change.revision, change.field)
}

fn read_place(text: &str) -> Result<Place, Problem> {
    let place = text.split_once('_').and_then(|(revision, field)| {
        Some(Place {
            revision: revision.parse().ok()?,
            field: field.to_owned(),
        })
    });
    place.ok_or_else(|| Problem::address("after", "must be a place that a page before named"))
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            revision: change.revision,
            changed_at: change.changed_at,
            changed_by: change.changed_by,
            field: change.field,
            old: change.old_value,
            new: change.new_value,
        }
    }
}
