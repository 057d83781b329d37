//! `PATCH /api/jobs/{id}`: what is given is changed, what is not stays.
//!
//! A new schedule counts from now: its next fire time is computed from the present moment, fire
//! times of the old one that are due and have no verdict are superseded, and nothing fires that
//! neither schedule names.

use axum::Extension;
use chrono::{DateTime, Utc};
use shared::{
    domain::{JobId, JobStatus},
    runtime,
    store::{
        Tx,
        jobs::{
            Job,
            create::{self, Owner},
            edit,
            ledger::LockedJob,
            read,
        },
    },
};

use super::{
    change::Change, create::already_scheduled, fields::JobFields, version::IfMatch, view::JobView,
};
use crate::{State, announce, auth::Caller, body::JsonBody, problem::Problem, query::Id};

/// Edits a live job and wakes the reconciler. An edit that changes nothing writes nothing.
pub(crate) async fn edit(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    body: JsonBody<JobFields>,
) -> Result<JobView, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let (locked, job) = open(&mut tx, id, now).await?;
    seen.require(&job)?;
    require_revision(&job, body.value.revision)?;
    let change = Change::of(&job, &body.value, now)?;
    if change.is_none(&job) {
        return Ok(JobView::in_full(job, now));
    }
    let author = caller.author(now);
    if let Err(error) = runtime::edit(&mut tx, &locked, &change.edited(), author).await {
        drop(tx);
        return Err(refused(&state, &job, &change, error).await?);
    }
    finish(&state, tx, id, now).await
}

/// Locks a job that can still be changed. A pause that is over has ended.
pub(crate) async fn open(
    tx: &mut Tx,
    id: JobId,
    now: DateTime<Utc>,
) -> Result<(LockedJob, Job), Problem> {
    let Some((locked, job)) = runtime::open(tx, id, now).await? else {
        return Err(Problem::missing("job"));
    };
    require_live(&job)?;
    Ok((locked, job))
}

/// Refuses a job that runs no more.
///
/// # Errors
/// 409.
pub(super) fn require_live(job: &Job) -> Result<(), Problem> {
    match job.status {
        JobStatus::Active | JobStatus::Paused => Ok(()),
        JobStatus::Completed | JobStatus::Archived => Err(ended(job.status)),
    }
}

/// 409 for a job that runs no more.
pub(crate) fn ended(status: JobStatus) -> Problem {
    let detail = format!(
        "the job is {status}; create another one with POST /api/jobs, or run its work once with \
         POST /api/runs"
    );
    Problem::conflict("job-ended", detail)
}

/// Commits, tells the reconciler, and shows the job as it is now.
pub(crate) async fn finish(
    state: &State,
    tx: Tx,
    id: JobId,
    now: DateTime<Utc>,
) -> Result<JobView, Problem> {
    let job = settle(tx, id).await?;
    announce::schedule(state, id).await;
    Ok(JobView::in_full(job, now))
}

/// Commits. The job as it is now, of which the caller tells the reconciler.
pub(crate) async fn settle(mut tx: Tx, id: JobId) -> Result<Job, Problem> {
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    job.ok_or_else(|| Problem::missing("job"))
}

/// Refuses to edit a job that was edited since the caller read it.
///
/// # Errors
/// 409.
pub(super) fn require_revision(job: &Job, wanted: Option<i32>) -> Result<(), Problem> {
    if wanted.is_none_or(|wanted| wanted == job.revision) {
        return Ok(());
    }
    let revision = job.revision;
    let detail =
        format!("the job was edited meanwhile and is at revision {revision}; read it again");
    Err(Problem::conflict("edited-meanwhile", detail))
}

async fn refused(
    state: &State,
    job: &Job,
    change: &Change,
    error: sqlx::Error,
) -> Result<Problem, Problem> {
    if !edit::is_already_scheduled(&error) {
        return Ok(error.into());
    }
    let owner = Owner {
        brand_id: job.brand_id,
        product_id: job.product_id,
    };
    let mut tx = state.db.begin().await?;
    let other = create::recurring_like(&mut tx, job.job_type, owner, &change.parameters).await?;
    tx.commit().await?;
    Ok(other.map_or_else(|| error.into(), already_scheduled))
}
