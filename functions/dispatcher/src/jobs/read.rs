//! `GET /api/jobs` and `GET /api/jobs/{id}`.

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::JobId,
    store::jobs::read::{self, Filter},
};

use super::view::JobView;
use crate::{
    State,
    problem::Problem,
    query::{Id, Query, is_full, place},
};

/// Jobs in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Jobs {
    jobs: Vec<JobView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// One job.
pub(crate) async fn one(state: State, Id(id): Id<JobId>) -> Result<JobView, Problem> {
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    Ok(JobView::in_full(job, state.clock.now()))
}

/// Jobs that pass a filter, newest first; archived ones only when asked for.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<Jobs>, Problem> {
    let filter = Filter {
        brand_id: query.id("brand_id")?,
        product_id: query.id("product_id")?,
        job_type: query.word("job_type")?,
        status: query.word("status")?,
        schedule_type: query.word("schedule_type")?,
        after: query.place("after")?,
    };
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let jobs = read::list_of_all_brands(&mut tx, filter, limit).await?;
    tx.commit().await?;
    let last = jobs.last().map(|job| place(job.created_at, job.id.0));
    Ok(Json(Jobs {
        next_after: last.filter(|_| is_full(jobs.len(), limit)),
        jobs: jobs.into_iter().map(JobView::from).collect(),
    }))
}
