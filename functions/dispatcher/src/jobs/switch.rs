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
            Job, changes, edit,
            ledger::{self, LockedJob},
            read,
        },
    },
};

use super::{
    edit::{finish, open},
    fields::{self, Errors},
    version::IfMatch,
    view::JobView,
};
use crate::{
    State,
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

/// Stops a job's schedule; a run at work goes on, and fire times are recorded as skipped. With
/// `until` the job goes on by itself from then.
pub(crate) async fn pause(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    OptionalJsonBody(JsonBody { value: body, .. }): OptionalJsonBody<PauseBody>,
) -> Result<JobView, Problem> {
    let now = state.clock.now();
    let (reason, until) = pause_of(&body, now)?;

    let mut tx = state.db.begin().await?;
    let (_, job) = open(&mut tx, id, now).await?;
    seen.require(&job)?;
    if job.next_run_at.is_none() {
        let detail = "the job has no time left to wait for; cancel its run instead";
        return Err(Problem::conflict("nothing-to-pause", detail));
    }
    let before = changes::before(&mut tx, id).await?;
    edit::pause(&mut tx, id, reason.as_deref(), until).await?;
    changes::record(&mut tx, id, &before, caller.author(now)).await?;
    finish(&state, tx, id, now).await
}

/// Why to pause, and until when.
fn pause_of(
    body: &PauseBody,
    now: DateTime<Utc>,
) -> Result<(Option<String>, Option<DateTime<Utc>>), Problem> {
    let mut errors = Errors::default();
    let reason = body.reason.as_deref();
    let reason = reason.and_then(|text| errors.note(fields::reason(text)));
    let until = body.until.as_deref();
    let until = until.and_then(|text| errors.note(fields::moment("until", text)));
    if until.is_some_and(|until| until <= now) {
        errors.add("until", "must be in the future");
    }
    errors.finish()?;
    Ok((reason, until))
}

/// Sets a paused job to work from now on. What fell into the pause is not made up for.
pub(crate) async fn resume(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<JobView, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let (locked, job) = open(&mut tx, id, now).await?;
    seen.require(&job)?;
    if job.status == JobStatus::Paused {
        let before = changes::before(&mut tx, id).await?;
        take_up(&mut tx, &locked, &job, now).await?;
        changes::record(&mut tx, id, &before, caller.author(now)).await?;
    }
    finish(&state, tx, id, now).await
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

/// Puts a job away for good: it fires no more, and what waits to run is cancelled.
pub(crate) async fn archive(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    seen: IfMatch,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<JobView, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let Some(locked) = ledger::lock(&mut tx, id).await? else {
        return Err(Problem::missing("job"));
    };
    if let Some(job) = read::get(&mut tx, id).await? {
        seen.require(&job)?;
    }
    if locked.status != JobStatus::Archived {
        skip_overdue(&mut tx, &locked, SkipReason::Superseded, now).await?;
        let before = changes::before(&mut tx, id).await?;
        edit::archive(&mut tx, id, &caller.name, now).await?;
        changes::record(&mut tx, id, &before, caller.author(now)).await?;
    }
    finish(&state, tx, id, now).await
}
