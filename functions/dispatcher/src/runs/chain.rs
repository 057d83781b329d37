//! `GET /api/runs/{id}/chain`: the attempts of what a run is an attempt of, and the runs before and after it.

use axum::Json;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{JobId, JobType, RunId, RunStatus},
    store::runs::{
        chain::{self, Link},
        read,
    },
};

use super::view::url;
use crate::{State, problem::Problem, query::Id};

/// Runs before and after that are shown.
pub(crate) const LINKS: i64 = 50;
/// Attempts before and after that are shown; a job has at most 20 retries by itself.
pub(crate) const ATTEMPTS: i32 = 50;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Chain {
    /// This run and the attempts before and after it, at most 50 of each, in their order.
    attempts: Vec<LinkView>,
    /// The runs that led to it by wishing for one another, the first one first.
    above: Vec<LinkView>,
    /// The runs that it led to, the nearest ones first.
    below: Vec<LinkView>,
    /// Whether all of the runs within ten links are shown; at most 50 are.
    is_complete: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LinkView {
    id: RunId,
    url: String,
    /// How many links below the run asked for; negative above.
    depth: i32,
    job_id: JobId,
    job_name: String,
    job_type: JobType,
    attempt_number: i32,
    status: RunStatus,
    reason: Option<String>,
    run_after: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    error_message: Option<String>,
}

/// What belongs to a run.
pub(crate) async fn show(state: State, Id(id): Id<RunId>) -> Result<Json<Chain>, Problem> {
    let mut tx = state.db.begin().await?;
    let run = read::get(&mut tx, id).await?;
    run.ok_or_else(|| Problem::missing("run"))?;
    let attempts = chain::attempts(&mut tx, id, ATTEMPTS).await?;
    let mut links = chain::links(&mut tx, id, LINKS + 1).await?;
    tx.commit().await?;
    let shown = usize::try_from(LINKS).unwrap_or(usize::MAX);
    let is_complete = links.len() <= shown;
    links.truncate(shown);
    let (above, below): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.depth < 0);
    Ok(Json(Chain {
        attempts: attempts.into_iter().map(LinkView::from).collect(),
        above: above.into_iter().map(LinkView::from).collect(),
        below: below.into_iter().map(LinkView::from).collect(),
        is_complete,
    }))
}

impl From<Link> for LinkView {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            url: url(link.id),
            depth: link.depth,
            job_id: link.job_id,
            job_name: link.job_name,
            job_type: link.job_type,
            attempt_number: link.attempt_number,
            status: link.status,
            reason: link.reason,
            run_after: link.run_after,
            started_at: link.started_at,
            completed_at: link.completed_at,
            error_message: link.error_message,
        }
    }
}
