//! `GET /api/jobs` and `GET /api/jobs/{id}`.

use axum::Json;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{JobId, JobStatus},
    store::jobs::{
        browse::{self, Search},
        read,
    },
};

use super::view::JobView;
use crate::{
    State,
    problem::Problem,
    query::{Id, Owners, Query, is_full, place},
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

/// Which jobs by what they do at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) enum Running {
    #[serde(rename = "true")]
    Yes,
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
    let search = search(&mut query)?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let jobs = browse::list_of_all_brands(&mut tx, &search, limit).await?;
    tx.commit().await?;
    let last = jobs.last().map(|job| place(job.created_at, job.id.0));
    Ok(Json(Jobs {
        next_after: last.filter(|_| is_full(jobs.len(), limit)),
        jobs: jobs.into_iter().map(JobView::from).collect(),
    }))
}

fn search(query: &mut Query) -> Result<Search, Problem> {
    let Owners {
        brand_id,
        is_platform,
    } = query.owners()?;
    let status = query.word("status")?;
    let is_running = query.word::<Running>("running")?.is_some();
    let after = query.place("after")?;
    Ok(Search {
        brand_id,
        is_platform,
        product_id: query.id("product_id")?,
        job_type: query.word("job_type")?,
        statuses: statuses(status, is_running),
        schedule_type: query.word("schedule_type")?,
        is_running,
        text: query.text("text")?,
        after: after.map(|(created_at, id)| browse::Place {
            created_at,
            id: JobId(id),
        }),
    })
}

/// Without a state, all but archived jobs; and of those with a run at work all, since what was archived since it began
/// goes on.
fn statuses(asked: Option<JobStatus>, is_running: bool) -> Vec<JobStatus> {
    let all = JobStatus::ALL.iter().copied();
    match asked {
        Some(status) => vec![status],
        None => all
            .filter(|it| is_running || *it != JobStatus::Archived)
            .collect(),
    }
}
