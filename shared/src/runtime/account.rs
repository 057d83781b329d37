//! Verdicts for every fire time that is due: by the claim of a delivered tick, and by the
//! reconciler for ticks that nobody delivered.

use chrono::{DateTime, TimeDelta, Utc};

use super::pause::{LEDGER, end_pause};
use crate::{
    domain::{
        Clock, JobId, JobStatus, OverlapPolicy, misfire,
        run::{SkipReason, WaitReason},
    },
    store::{
        Database, Tx,
        jobs::{
            changes::{self, Author},
            first_time,
            ledger::{self, LockedJob},
        },
        notifications,
        runs::{
            Lease, claim,
            tick::{self, Beginning},
        },
    },
    telemetry,
};

/// What was decided about the due fire times of one job.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// The tick that was started for the caller.
    pub(super) started: Option<(Lease, DateTime<Utc>)>,
    pub(super) queued: u64,
    pub(super) skipped: u64,
}

/// Gives every fire time of a locked job from `watermark` to `now` its row and moves the
/// watermark. With `lease_expires_at` the first that may run is started for the caller; the others
/// are queued.
pub(super) async fn give_verdicts(
    tx: &mut Tx,
    job: &LockedJob,
    watermark: DateTime<Utc>,
    now: DateTime<Utc>,
    lease_expires_at: Option<DateTime<Utc>>,
) -> sqlx::Result<Verdicts> {
    let mut verdicts = Verdicts::default();
    let schedule = match job.schedule() {
        Ok(schedule) => schedule,
        Err(error) => {
            let line = telemetry::redact(&format!("the schedule cannot be read: {error}"));
            let failed = tick::insert_failed(tx, job, watermark, &line, now).await?;
            let before = changes::before(tx, job.id).await?;
            ledger::pause_unreadable(tx, job.id, &line).await?;
            changes::record(tx, job.id, &before, Author { name: LEDGER, now }).await?;
            if let Some(run_id) = failed {
                notifications::unreadable(tx, job, run_id, &line, now).await?;
            }
            return Ok(verdicts);
        }
    };
    if job.status == JobStatus::Paused && schedule.is_none() {
        // The one fire time of a paused one-time job waits for the job to be resumed.
        return Ok(verdicts);
    }
    let due = misfire::due(schedule.as_ref(), job.misfire(), watermark, now);
    if !ledger::advance(tx, job.id, watermark, due.next).await? {
        return Ok(verdicts);
    }
    if job.status == JobStatus::Paused {
        let ticks = [due.missed, due.run].concat();
        verdicts.skipped = tick::insert_skipped(tx, job, &ticks, SkipReason::Paused, now).await?;
        return Ok(verdicts);
    }
    verdicts.skipped = tick::insert_skipped(tx, job, &due.missed, SkipReason::Missed, now).await?;
    for scheduled_for in due.run {
        let wanted = lease_expires_at.filter(|_| verdicts.started.is_none());
        begin(tx, job, scheduled_for, now, wanted, &mut verdicts).await?;
    }
    if verdicts.started.is_none() && verdicts.queued == 0 {
        ledger::end_one_time(tx, job.id).await?;
    }
    Ok(verdicts)
}

async fn begin(
    tx: &mut Tx,
    job: &LockedJob,
    scheduled_for: DateTime<Utc>,
    now: DateTime<Utc>,
    lease_expires_at: Option<DateTime<Utc>>,
    verdicts: &mut Verdicts,
) -> sqlx::Result<()> {
    let room = claim::room(tx, job, now).await?;
    let is_busy = room.is_busy && job.is_exclusive();
    let beginning =
        if is_busy && job.overlap_policy == OverlapPolicy::Skip && verdicts.started.is_none() {
            Beginning::Skipped(SkipReason::Overlap)
        } else if is_busy {
            Beginning::Pending(Some(WaitReason::Overlap))
        } else if room.is_capped {
            Beginning::Pending(Some(WaitReason::Capped))
        } else if let Some(lease_expires_at) = lease_expires_at {
            Beginning::Running { lease_expires_at }
        } else {
            Beginning::Pending(None)
        };
    let Some(lease) = tick::insert(tx, job, scheduled_for, beginning, now).await? else {
        return Ok(());
    };
    match beginning {
        Beginning::Running { .. } => verdicts.started = Some((lease, scheduled_for)),
        Beginning::Pending(_) => verdicts.queued += 1,
        Beginning::Skipped(_) => verdicts.skipped += 1,
    }
    Ok(())
}

/// Gives fire times of a locked job that are due and were not delivered the verdict that they do
/// not run. The watermark is left to the caller.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn skip_overdue(
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

/// How much the reconciler had to make up for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Accounted {
    /// Jobs whose watermark was moved.
    pub jobs: u64,
    /// Ticks that will run after all.
    pub queued: u64,
    /// Ticks that were given the verdict that they did not run.
    pub skipped: u64,
}

/// How long the cloud's clock may take to deliver a tick before the reconciler steps in. Rules
/// fire within their minute; the rest is for throttled and cold functions.
const GRACE: TimeDelta = TimeDelta::seconds(90);
/// Most jobs looked at in one sweep; the next one follows within a minute.
const JOBS_MAX: i64 = 500;

/// Jobs that may fail before a sweep gives up: one odd row must not hide the others, and a database
/// that is down must not be asked five hundred times.
const FAILURES_MAX: usize = 5;

/// Accounts for ticks that nobody delivered, job by job, each in its own transaction. Ticks that
/// may still run are left pending, for the sweep to send. One-time jobs that have no time get theirs.
///
/// # Errors
/// The first [`sqlx::Error`], after the other jobs were tried. Jobs done stay done.
pub async fn account_overdue(db: &Database, clock: &Clock) -> sqlx::Result<Accounted> {
    let mut tx = db.begin().await?;
    let mut jobs = ledger::overdue(&mut tx, clock.now(), GRACE, JOBS_MAX).await?;
    jobs.extend(first_time::missing(&mut tx, JOBS_MAX).await?);
    tx.commit().await?;
    let mut total = Accounted::default();
    let mut failures = vec![];
    for job_id in jobs {
        match account_job(db, job_id, clock, GRACE).await {
            Ok(None) => {}
            Ok(Some(verdicts)) => {
                total.jobs += 1;
                total.queued += verdicts.queued;
                total.skipped += verdicts.skipped;
            }
            Err(error) => {
                tracing::warn!(job.id = %job_id, %error, "ticks not accounted for");
                failures.push(error);
            }
        }
        if failures.len() >= FAILURES_MAX {
            break;
        }
    }
    failures.into_iter().next().map_or(Ok(total), Err)
}

/// Accounts for the ticks of one job that are due by now, whoever may be about to deliver them: a tick that comes later
/// finds its verdict given.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn account_due(db: &Database, job_id: JobId, clock: &Clock) -> sqlx::Result<Accounted> {
    let verdicts = account_job(db, job_id, clock, TimeDelta::zero()).await?;
    Ok(
        verdicts.map_or_else(Accounted::default, |verdicts| Accounted {
            jobs: 1,
            queued: verdicts.queued,
            skipped: verdicts.skipped,
        }),
    )
}

async fn account_job(
    db: &Database,
    job_id: JobId,
    clock: &Clock,
    grace: TimeDelta,
) -> sqlx::Result<Option<Verdicts>> {
    let mut tx = db.begin().await?;
    let Some(job) = ledger::lock(&mut tx, job_id).await? else {
        return Ok(None);
    };
    // Read under the lock: a process that stood still gives no verdict of the past.
    let now = clock.now();
    let job = end_pause(&mut tx, job, now).await?;
    let (watermark, grace) = match job.next_run_at {
        // The cloud's clock was never told of a time that the row did not have.
        None => (
            first_time::give(&mut tx, job_id, now).await?,
            TimeDelta::zero(),
        ),
        known => (known, grace),
    };
    let Some(watermark) = watermark.filter(|watermark| *watermark <= now - grace) else {
        tx.commit().await?;
        return Ok(None);
    };
    let verdicts = give_verdicts(&mut tx, &job, watermark, now, None).await?;
    tx.commit().await?;
    Ok(Some(verdicts))
}
