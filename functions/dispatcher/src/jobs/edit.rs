//! `PATCH /api/jobs/{id}`: what is given is changed, what is not stays.
//!
//! A new schedule counts from now: its next fire time is computed from the present moment, fire
//! times of the old one that are due and have no verdict are superseded, and nothing fires that
//! neither schedule names.

use axum::{Json, extract};
use chrono::{DateTime, Utc};
use shared::{
    domain::{JobId, JobStatus, misfire, run::SkipReason},
    store::{
        Tx,
        jobs::{
            Job, ScheduleType, Timing,
            create::{self, Owner},
            edit::{self, Edit},
            ledger::{self, LockedJob},
            read,
        },
        runs::tick,
    },
};

use super::{
    create::already_scheduled,
    fields::{self, Errors, JobFields},
    view::JobView,
};
use crate::{State, announce, body::JsonBody, problem::Problem, query::Id};

/// Edits a live job and wakes the reconciler.
pub(crate) async fn edit(
    extract::State(state): extract::State<State>,
    Id(id): Id<JobId>,
    body: JsonBody<JobFields>,
) -> Result<Json<JobView>, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let (locked, job) = open(&mut tx, id).await?;
    require_revision(&job, body.value.revision)?;
    let change = Change::of(&job, &body.value, now)?;
    if change.is_rescheduled {
        skip_overdue(&mut tx, &locked, SkipReason::Superseded, now).await?;
        edit::supersede_waiting(&mut tx, id, now).await?;
    }
    if let Err(error) = edit::edit(&mut tx, id, &change.edit()).await {
        drop(tx);
        return Err(refused(&state, &job, &change, error).await?);
    }
    finish(&state, tx, id, now).await
}

/// Locks a job that can still be changed.
pub(crate) async fn open(tx: &mut Tx, id: JobId) -> Result<(LockedJob, Job), Problem> {
    let locked = ledger::lock(tx, id).await?;
    let job = read::get(tx, id).await?;
    let (Some(locked), Some(job)) = (locked, job) else {
        return Err(Problem::missing("job"));
    };
    match job.status {
        JobStatus::Active | JobStatus::Paused => Ok((locked, job)),
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
    mut tx: Tx,
    id: JobId,
    now: DateTime<Utc>,
) -> Result<Json<JobView>, Problem> {
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    announce::schedule(state, id).await;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    Ok(Json(JobView::in_full(job, now)))
}

/// Gives fire times that are due and were not delivered the verdict that they did not run.
pub(crate) async fn skip_overdue(
    tx: &mut Tx,
    job: &LockedJob,
    reason: SkipReason,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Some(watermark) = job.next_run_at.filter(|watermark| *watermark <= now) else {
        return Ok(());
    };
    let mut ticks = vec![watermark];
    // A schedule that cannot be read has no fire times to account for.
    if let Ok(Some(schedule)) = job.schedule() {
        let rest = misfire::ACCOUNTED_MAX.saturating_sub(ticks.len());
        ticks.extend(schedule.latest_fires(watermark, now, rest));
    }
    if ticks.len() >= misfire::ACCOUNTED_MAX {
        tracing::warn!(job.id = %job.id, "only the newest overdue fire times got a verdict");
    }
    tick::insert_skipped(tx, job, &ticks, reason, now).await?;
    Ok(())
}

fn require_revision(job: &Job, wanted: Option<i32>) -> Result<(), Problem> {
    if wanted.is_none_or(|wanted| wanted == job.revision) {
        return Ok(());
    }
    let revision = job.revision;
    let detail =
        format!("the job was edited meanwhile and is at revision {revision}; read it again");
    Err(Problem::conflict("edited-meanwhile", detail))
}

/// A job as it shall be.
#[derive(Debug)]
struct Change {
    name: String,
    parameters: serde_json::Value,
    timing: Timing,
    next_run_at: Option<DateTime<Utc>>,
    is_rescheduled: bool,
}

impl Change {
    fn of(job: &Job, body: &JobFields, now: DateTime<Utc>) -> Result<Self, Problem> {
        let mut errors = Errors::default();
        refuse_fixed(job, body, &mut errors);
        let timing = body.retime(job.timing.clone(), &mut errors);
        if timing.schedule_type == ScheduleType::Recurring
            && timing
                .max_runs
                .is_some_and(|most| most <= job.runs_completed)
        {
            let done = job.runs_completed;
            errors.add(
                "max_runs",
                format!("must be more than the {done} runs already completed"),
            );
        }
        let is_rescheduled = is_rescheduled(&job.timing, &timing);
        let next_run_at = if is_rescheduled {
            errors.note(fields::first_fire(&timing, now))
        } else {
            errors.note(fields::schedule(&timing).map(drop));
            job.next_run_at
        };
        let name = errors.note(fields::name(body.name.as_deref(), || job.name.clone()));
        let parameters = body.parameters.as_ref().unwrap_or(&job.parameters).clone();
        errors.note(fields::parameters(job.job_type, &parameters));
        errors.finish()?;
        let name = name.unwrap_or_default();
        Ok(Self {
            name,
            parameters,
            timing,
            next_run_at,
            is_rescheduled,
        })
    }

    fn edit(&self) -> Edit<'_> {
        Edit {
            name: &self.name,
            parameters: &self.parameters,
            timing: &self.timing,
            next_run_at: self.next_run_at,
        }
    }
}

/// What a job is cannot be edited, only when and how it runs.
fn refuse_fixed(job: &Job, body: &JobFields, errors: &mut Errors) {
    for (field, is_given) in [
        ("job_type", body.job_type.is_some()),
        ("brand_id", body.brand_id.is_some()),
        ("product_id", body.product_id.is_some()),
        ("schedule_type", body.schedule_type.is_some()),
    ] {
        if is_given {
            errors.add(
                field,
                "cannot be changed; archive this job and create another one",
            );
        }
    }
    let is_recurring = job.timing.schedule_type == ScheduleType::Recurring;
    if is_recurring && body.scheduled_at.is_some() {
        errors.add(
            "scheduled_at",
            "is for one-time jobs; this one has a cron_expression",
        );
    }
    if !is_recurring && body.cron_expression.is_some() {
        errors.add(
            "cron_expression",
            "is for recurring jobs; this one runs once",
        );
    }
    if !is_recurring && body.scheduled_at.is_some() && job.next_run_at.is_none() {
        errors.add(
            "scheduled_at",
            "its time has come; create another job instead",
        );
    }
}

fn is_rescheduled(old: &Timing, new: &Timing) -> bool {
    let zoned = |timing: &Timing| {
        let policies = (timing.dst_gap_policy, timing.dst_repeat_policy);
        (
            timing.cron_expression.clone(),
            timing.timezone.clone(),
            policies,
        )
    };
    match new.schedule_type {
        ScheduleType::Recurring => zoned(old) != zoned(new),
        ScheduleType::OneTime => old.scheduled_at != new.scheduled_at,
    }
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
