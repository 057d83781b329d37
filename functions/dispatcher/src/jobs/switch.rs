//! `POST /api/jobs/{id}/pause`, `/resume` and `/archive`. Each may be repeated.

use axum::Extension;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    domain::{JobId, JobStatus, run::SkipReason, timing::ScheduleType},
    runtime::{first_unskipped, skip_overdue},
    store::{
        Tx,
        jobs::{
            Job,
            changes::{self, Author},
            edit,
            ledger::{self, LockedJob},
            read,
        },
    },
};

use super::{
    edit::{open, settle},
    fields::{self, Errors},
    version::IfMatch,
    view::JobView,
};
use crate::{
    State, announce,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    problem::Problem,
    query::Id,
};

/// What a pause may say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseBody {
    reason: Option<String>,
    /// When the pause ends by itself.
    until: Option<String>,
}

/// What the others may say: nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyBody {}

/// What is done to a job.
#[derive(Clone, Debug)]
pub(crate) enum Switch {
    /// Stops its schedule; a run at work goes on, and fire times are recorded as skipped.
    Pause {
        /// Whoever finds the job paused reads it.
        reason: Option<String>,
        /// When the pause ends by itself.
        until: Option<DateTime<Utc>>,
    },
    /// Sets it to work from now on. What fell into its pause is not made up for.
    Resume,
    /// Puts it away for good: it fires no more, and what waits to run is cancelled.
    Archive,
}

/// A job whose switching is committed.
#[derive(Debug)]
pub(crate) struct Switched {
    /// As it is now.
    pub(crate) job: Job,
    /// False: it was like that before, and nothing was written.
    pub(crate) is_changed: bool,
}

/// Stops a job's schedule. With `until` the job goes on by itself from then.
pub(crate) async fn pause(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    OptionalJsonBody(JsonBody { value: body, .. }): OptionalJsonBody<PauseBody>,
) -> Result<JobView, Problem> {
    let pause = pause_of(
        body.reason.as_deref(),
        body.until.as_deref(),
        state.clock.now(),
    )?;
    shown(&state, &caller, id, &seen, &pause).await
}

/// Sets a paused job to work.
pub(crate) async fn resume(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<JobView, Problem> {
    shown(&state, &caller, id, &seen, &Switch::Resume).await
}

/// Puts a job away.
pub(crate) async fn archive(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<JobView, Problem> {
    shown(&state, &caller, id, &seen, &Switch::Archive).await
}

/// A pause, of what a caller says about it.
///
/// # Errors
/// 422 with every field that cannot be as given.
pub(crate) fn pause_of(
    reason: Option<&str>,
    until: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Switch, Problem> {
    let mut errors = Errors::default();
    let reason = reason.and_then(|text| errors.note(fields::reason(text)));
    let until = until.and_then(|text| errors.note(fields::moment("until", text)));
    if until.is_some_and(|until| until <= now) {
        errors.add("until", "must be in the future");
    }
    errors.finish()?;
    Ok(Switch::Pause { reason, until })
}

/// Switches a job, tells the reconciler, and shows the job as it is now.
async fn shown(
    state: &State,
    caller: &Caller,
    id: JobId,
    seen: &IfMatch,
    switch: &Switch,
) -> Result<JobView, Problem> {
    let switched = switched(state, caller, id, seen, switch).await?;
    announce::schedule(state, id).await;
    Ok(JobView::in_full(switched.job, state.clock.now()))
}

/// Switches a job in a transaction of its own. The caller tells the reconciler.
///
/// # Errors
/// 404, 409 and 412 for a job that cannot be switched; when the database does not answer.
pub(crate) async fn switched(
    state: &State,
    caller: &Caller,
    id: JobId,
    seen: &IfMatch,
    switch: &Switch,
) -> Result<Switched, Problem> {
    let now = state.clock.now();
    let author = caller.author(now);
    let mut tx = state.db.begin().await?;
    let is_changed = match switch {
        Switch::Pause { reason, until } => {
            let pause = (reason.as_deref(), *until);
            stop(&mut tx, id, seen, pause, author).await?
        }
        Switch::Resume => go_on(&mut tx, id, seen, author).await?,
        Switch::Archive => put_away(&mut tx, id, seen, author).await?,
    };
    let job = settle(tx, id).await?;
    Ok(Switched { job, is_changed })
}

async fn stop(
    tx: &mut Tx,
    id: JobId,
    seen: &IfMatch,
    (reason, until): (Option<&str>, Option<DateTime<Utc>>),
    author: Author<'_>,
) -> Result<bool, Problem> {
    let (_, job) = open(tx, id, author.now).await?;
    seen.require(&job)?;
    if job.next_run_at.is_none() {
        let detail = "the job has no time left to wait for; cancel its run instead";
        return Err(Problem::conflict("nothing-to-pause", detail));
    }
    let before = changes::before(tx, id).await?;
    edit::pause(tx, id, reason, until).await?;
    Ok(changes::record(tx, id, &before, author).await?)
}

async fn go_on(
    tx: &mut Tx,
    id: JobId,
    seen: &IfMatch,
    author: Author<'_>,
) -> Result<bool, Problem> {
    let (locked, job) = open(tx, id, author.now).await?;
    seen.require(&job)?;
    if job.status != JobStatus::Paused {
        return Ok(false);
    }
    let before = changes::before(tx, id).await?;
    take_up(tx, &locked, &job, author.now).await?;
    changes::record(tx, id, &before, author).await?;
    Ok(true)
}

async fn take_up(
    tx: &mut Tx,
    locked: &LockedJob,
    job: &Job,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let next = fields::first_fire(&job.timing, now).map_err(|error| {
        let detail = format!("{}: {}; set it with PATCH first", error.field, error.detail);
        Problem::conflict("cannot-fire", detail)
    })?;
    if job.timing.schedule_type == ScheduleType::Recurring {
        skip_overdue(tx, locked, SkipReason::Paused, now).await?;
    }
    let next = first_unskipped(tx, job.id, &job.timing, next).await?;
    Ok(edit::resume(tx, job.id, Some(next)).await?)
}

async fn put_away(
    tx: &mut Tx,
    id: JobId,
    seen: &IfMatch,
    author: Author<'_>,
) -> Result<bool, Problem> {
    let Some(locked) = ledger::lock(tx, id).await? else {
        return Err(Problem::missing("job"));
    };
    if let Some(job) = read::get(tx, id).await? {
        seen.require(&job)?;
    }
    if locked.status == JobStatus::Archived {
        return Ok(false);
    }
    skip_overdue(tx, &locked, SkipReason::Superseded, author.now).await?;
    let before = changes::before(tx, id).await?;
    edit::archive(tx, id, author.name, author.now).await?;
    changes::record(tx, id, &before, author).await?;
    Ok(true)
}
