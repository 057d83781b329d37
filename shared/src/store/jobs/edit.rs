//! What people do to a job: edit, pause, resume, archive.
//!
//! The caller has locked the job with [`super::ledger::lock`], given its overdue fire times their
//! verdict and decided; these statements carry the decision out. [`super::changes`] notes and
//! counts what they changed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{JobId, timing::Timing},
    store::Tx,
};

/// Everything an edit may change. Unchanged fields carry their old value.
#[derive(Debug)]
pub struct Edit<'a> {
    /// What people call it; 1 to 200 characters.
    pub name: &'a str,
    /// Checked by the job type.
    pub parameters: &'a Value,
    /// When it runs.
    pub timing: &'a Timing,
    /// The next fire time by the new timing.
    pub next_run_at: Option<DateTime<Utc>>,
}

/// Writes an edit.
///
/// # Errors
/// When the database does not answer, or another recurring job already does the same thing for
/// the same owner ([`is_already_scheduled`]).
pub async fn edit(tx: &mut Tx, id: JobId, edit: &Edit<'_>) -> sqlx::Result<()> {
    let timing = edit.timing;
    sqlx::query!(
        r#"
        update scheduled_jobs
           set name = $2,
               parameters = $3,
               cron_expression = $4,
               scheduled_at = $5,
               timezone = $6,
               dst_gap_policy = $7,
               dst_repeat_policy = $8,
               overlap_policy = $9,
               misfire_policy = $10,
               misfire_limit = $11,
               misfire_window_seconds = $12,
               max_retries = $13,
               max_runs = $14,
               next_run_at = $15,
               starts_at = $16,
               ends_at = $17
         where id = $1
           and status in ('active', 'paused')
        "#,
        id as JobId,
        edit.name,
        edit.parameters,
        timing.cron_expression.as_deref(),
        timing.scheduled_at,
        timing.timezone,
        timing.dst_gap_policy as _,
        timing.dst_repeat_policy as _,
        timing.overlap_policy.name(),
        timing.misfire_policy.name(),
        timing.misfire_limit,
        timing.misfire_window_seconds,
        timing.max_retries,
        timing.max_runs,
        edit.next_run_at,
        timing.starts_at,
        timing.ends_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the database refused because a live recurring job already does the same thing.
#[must_use]
pub fn is_already_scheduled(error: &sqlx::Error) -> bool {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    constraint == Some("scheduled_jobs_one_recurring")
}

/// Pauses a live job; its ticks from now on are recorded as skipped. With `until` the ledger
/// resumes it then.
///
/// # Errors
/// When the database does not answer.
pub async fn pause(
    tx: &mut Tx,
    id: JobId,
    reason: Option<&str>,
    until: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_jobs
           set status = 'paused',
               pause_reason = $2,
               paused_until = $3
         where id = $1
           and status in ('active', 'paused')
        "#,
        id as JobId,
        reason,
        until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets a paused job to work again, from `next_run_at` on; `None` for a one-time job whose run
/// has begun.
///
/// # Errors
/// When the database does not answer.
pub async fn resume(
    tx: &mut Tx,
    id: JobId,
    next_run_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_jobs
           set status = 'active',
               pause_reason = null,
               paused_until = null,
               next_run_at = $2
         where id = $1
           and status = 'paused'
        "#,
        id as JobId,
        next_run_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Puts a job away: it fires no more, and what waits to run is cancelled in the name of `by`. A run
/// at work goes on.
///
/// # Errors
/// When the database does not answer.
pub async fn archive(tx: &mut Tx, id: JobId, by: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with job as (
            update scheduled_jobs
               set status = 'archived',
                   pause_reason = null,
                   paused_until = null,
                   next_run_at = null
             where id = $1
         returning id)
        update scheduled_job_runs r
           set status = 'cancelled',
               reason = null,
               cancel_requested_at = coalesce(r.cancel_requested_at, $2),
               cancel_requested_by = case when r.cancel_requested_at is null then $3
                                          else r.cancel_requested_by end,
               completed_at = $2
          from job
         where r.scheduled_job_id = job.id
           and r.status = 'pending'
        "#,
        id as JobId,
        now,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Skips the ticks that were admitted by the old schedule and have not begun. Retries of an older
/// failure stay: what failed is still to be done.
///
/// # Errors
/// When the database does not answer.
pub async fn supersede_waiting(tx: &mut Tx, id: JobId, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'skipped',
               reason = 'superseded',
               completed_at = $2
         where scheduled_job_id = $1
           and status = 'pending'
           and origin = 'tick'
           and attempt_number = 1
           and started_at is null
        "#,
        id as JobId,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
