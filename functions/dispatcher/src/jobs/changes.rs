//! `GET /api/jobs/{id}/changes`: who changed what, and when.

use axum::Json;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use shared::{
    domain::JobId,
    store::jobs::{
        changes::{self, Change},
        read,
    },
};

use crate::{
    State,
    problem::Problem,
    query::{Id, Query},
};

/// Changed fields in one answer.
pub(crate) const LIMIT_MAX: i64 = 500;
pub(crate) const LIMIT_DEFAULT: i64 = 100;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Changes {
    changes: Vec<ChangeView>,
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
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    let changes = changes::list(&mut tx, id, limit).await?;
    tx.commit().await?;
    job.ok_or_else(|| Problem::missing("job"))?;
    Ok(Json(Changes {
        changes: changes.into_iter().map(ChangeView::from).collect(),
    }))
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
