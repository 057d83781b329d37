//! Pauses that end by themselves: whoever looks at the job first after the end resumes it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{JobStatus, misfire, run::SkipReason},
    store::{
        Tx,
        jobs::{
            changes::{self, Author},
            edit,
            ledger::{self, LockedJob},
        },
        runs::tick,
    },
};

/// The name under which the log of changes knows the ledger.
pub(super) const LEDGER: &str = "ledger";

/// The smallest difference between two moments in Postgres.
const INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// Resumes a locked job whose pause ended before `now` or does so now. Fire times before the end
/// get the verdict that they were paused; those from the end on are left to the caller. Returns
/// the job as it is then. After a very long pause it is still paused, and the next call goes on.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn end_pause(tx: &mut Tx, job: LockedJob, now: DateTime<Utc>) -> sqlx::Result<LockedJob> {
    let Some(until) = job.paused_until.filter(|until| *until <= now) else {
        return Ok(job);
    };
    let next = skip_paused(tx, &job, until, now).await?;
    let is_recurring = job.cron_expression.is_some();
    if is_recurring && next.is_none() {
        // The period of the schedule ended within the pause, and the job with it.
        let status = JobStatus::Completed;
        return Ok(LockedJob {
            status,
            paused_until: None,
            next_run_at: None,
            ..job
        });
    }
    if is_recurring && next.is_some_and(|next| next < until) && job.schedule().is_ok() {
        return Ok(LockedJob {
            next_run_at: next,
            ..job
        });
    }
    let before = changes::before(tx, job.id).await?;
    edit::resume(tx, job.id, next).await?;
    changes::record(tx, job.id, &before, Author { name: LEDGER, now }).await?;
    Ok(LockedJob {
        status: JobStatus::Active,
        paused_until: None,
        next_run_at: next,
        revision: job.revision + 1,
        ..job
    })
}

/// Accounts for fire times before `until`, and returns the watermark. A one-time job keeps its
/// moment, and a schedule that cannot be read is left to whoever runs it next.
async fn skip_paused(
    tx: &mut Tx,
    job: &LockedJob,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let (Ok(Some(schedule)), Some(watermark)) = (job.schedule(), job.next_run_at) else {
        return Ok(job.next_run_at);
    };
    if watermark >= until {
        return Ok(Some(watermark));
    }
    let due = misfire::due(Some(&schedule), job.misfire(), watermark, until - INSTANT);
    ledger::advance(tx, job.id, watermark, due.next).await?;
    let ticks = [due.missed, due.run].concat();
    tick::insert_skipped(tx, job, &ticks, SkipReason::Paused, now).await?;
    Ok(due.next)
}
