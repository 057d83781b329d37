//! From an event to a leased run, in one transaction.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{account::give_verdicts, deliver::Worker, event::Event, pause::end_pause};
use crate::{
    domain::{
        JobId, JobStatus, Origin, RunId, RunStatus,
        run::{SkipReason, WaitReason},
    },
    store::{
        Tx,
        jobs::ledger::{self, LockedJob},
        runs::{
            Lease,
            claim::{self, QueuedRun},
            duplicates,
        },
    },
};

/// How far the clock of the cloud, or of the machine that asked for a run, may be ahead of ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(5);

/// What a claim came to.
#[derive(Debug)]
pub(super) enum Claim {
    /// This invocation has the run.
    Taken(Box<Taken>),
    /// There is nothing to do, and why.
    Nothing(&'static str),
}

/// A leased run and its job.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) lease: Lease,
    pub(super) job: LockedJob,
    pub(super) parameters: Value,
    pub(super) cursor: Option<Value>,
    pub(super) scheduled_for: DateTime<Utc>,
    pub(super) attempt_number: i32,
    pub(super) segment: i32,
}

/// An event that reached the wrong function: a fault of the deployment.
#[derive(Debug, thiserror::Error)]
#[error("a run of {actual} was sent to the function for {expected}; check the rule's target")]
pub(super) struct Misrouted {
    expected: &'static str,
    actual: &'static str,
}

/// Claims what `event` names, for a lease until `lease_expires_at`.
pub(super) async fn claim(
    worker: &Worker,
    event: Event,
    lease_expires_at: DateTime<Utc>,
) -> anyhow::Result<Claim> {
    let mut tx = worker.db.begin().await?;
    let claim = match event {
        Event::Tick { job_id, time } => {
            tick(worker, &mut tx, job_id, time, lease_expires_at).await?
        }
        Event::Run { run_id } => run(worker, &mut tx, run_id, lease_expires_at).await?,
    };
    tx.commit().await?;
    Ok(claim)
}

async fn tick(
    worker: &Worker,
    tx: &mut Tx,
    job_id: JobId,
    time: DateTime<Utc>,
    lease_expires_at: DateTime<Utc>,
) -> anyhow::Result<Claim> {
    let Some(job) = lock(worker, tx, job_id).await? else {
        return Ok(Claim::Nothing("there is no such job"));
    };
    let real_now = worker.clock.now();
    let now = real_now.max(time.min(real_now + CLOCK_SKEW));
    let job = end_pause(tx, job, now).await?;
    let Some(watermark) = job.next_run_at else {
        duplicates::of_tick(tx, job_id, time).await?;
        return Ok(Claim::Nothing("the job has ended"));
    };
    if watermark > now {
        duplicates::of_tick(tx, job_id, time).await?;
        return Ok(Claim::Nothing("not due yet, or delivered before"));
    }
    let verdicts = give_verdicts(tx, &job, watermark, now, Some(lease_expires_at)).await?;
    let Some((lease, scheduled_for)) = verdicts.started else {
        return Ok(Claim::Nothing(
            "the tick has its verdict and does not run now",
        ));
    };
    let (parameters, cursor) = (job.parameters.clone(), None);
    Ok(Claim::Taken(Box::new(Taken {
        lease,
        job,
        parameters,
        cursor,
        scheduled_for,
        attempt_number: 1,
        segment: 1,
    })))
}

async fn run(
    worker: &Worker,
    tx: &mut Tx,
    run_id: RunId,
    lease_expires_at: DateTime<Utc>,
) -> anyhow::Result<Claim> {
    let Some(job_id) = claim::job_of(tx, run_id).await? else {
        return Ok(Claim::Nothing("there is no such run"));
    };
    let Some(job) = lock(worker, tx, job_id).await? else {
        return Ok(Claim::Nothing("there is no such job"));
    };
    let now = worker.clock.now();
    let job = end_pause(tx, job, now).await?;
    let queued = claim::queued(tx, run_id).await?;
    if queued.status != RunStatus::Pending {
        duplicates::of_run(tx, run_id).await?;
        return Ok(Claim::Nothing("started before"));
    }
    let due_by = now + CLOCK_SKEW;
    if queued.run_after > due_by {
        return Ok(Claim::Nothing("not due yet"));
    }
    if let Some(why) = refuse(tx, &job, run_id, &queued, now).await? {
        return Ok(Claim::Nothing(why));
    }
    let Some(lease) = claim::start(tx, run_id, lease_expires_at, (now, due_by)).await? else {
        return Ok(Claim::Nothing("started before"));
    };
    Ok(Claim::Taken(Box::new(Taken {
        lease,
        job,
        parameters: queued.parameters,
        cursor: queued.cursor,
        scheduled_for: queued.scheduled_for,
        attempt_number: queued.attempt_number,
        segment: queued.segment,
    })))
}

/// Why a pending run may not start, after noting it in the row.
async fn refuse(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    queued: &QueuedRun,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<&'static str>> {
    let is_stopped = job.status == JobStatus::Archived;
    if queued.is_cancel_requested || is_stopped {
        claim::drop_pending(tx, run_id, None, now).await?;
        ledger::end_one_time(tx, job.id).await?;
        return Ok(Some("cancelled before it started"));
    }
    let is_tick = queued.origin == Origin::Tick && !queued.is_requested;
    if job.status == JobStatus::Paused && is_tick {
        claim::drop_pending(tx, run_id, Some(SkipReason::Paused), now).await?;
        return Ok(Some("the job is paused"));
    }
    let room = claim::room(tx, job, now).await?;
    if room.is_busy && queued.is_exclusive {
        claim::wait(tx, run_id, WaitReason::Overlap).await?;
        return Ok(Some("another run of the job is at work"));
    }
    if room.is_capped {
        claim::wait(tx, run_id, WaitReason::Capped).await?;
        return Ok(Some("no slot is free"));
    }
    Ok(None)
}

async fn lock(worker: &Worker, tx: &mut Tx, id: JobId) -> anyhow::Result<Option<LockedJob>> {
    let job = ledger::lock(tx, id).await?;
    if let Some(job) = &job
        && job.job_type != worker.job_type
    {
        let (expected, actual) = (worker.job_type.name(), job.job_type.name());
        return Err(Misrouted { expected, actual }.into());
    }
    Ok(job)
}
