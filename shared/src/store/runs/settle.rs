//! Rows of `scheduled_job_runs`, from work to an ending, always under the lease's token.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::Lease;
use crate::{
    domain::{ErrorKind, FollowUp, RunId, run::WaitReason},
    store::Tx,
};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: i64,
    /// Units there are.
    pub total: i64,
    /// What is counted, as in "assets".
    pub unit: &'static str,
}

/// What a checkpoint learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Go on.
    Good,
    /// Somebody asked the run to stop.
    CancelRequested,
    /// The lease is gone; nothing was written.
    LeaseLost,
}

/// Saves how far a run has come and what it wishes for, and asks whether it may go on.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn checkpoint(
    tx: &mut Tx,
    lease: Lease,
    progress: Option<Progress>,
    cursor: Option<&Value>,
    follow_ups: &[FollowUp],
) -> sqlx::Result<Standing> {
    let row = sqlx::query!(
        r#"
        update scheduled_job_runs
           set progress_done = coalesce($3, progress_done),
               progress_total = coalesce($4, progress_total),
               progress_unit = coalesce($5, progress_unit),
               cursor = coalesce($6, cursor),
               follow_ups = follow_ups || $7
         where id = $1 and lease_token = $2 and status = 'running'
        returning cancel_requested_at is not null as "is_cancel_requested!"
        "#,
        lease.run_id.0,
        lease.token,
        progress.map(|progress| progress.done),
        progress.map(|progress| progress.total),
        progress.map(|progress| progress.unit),
        cursor,
        Json(follow_ups) as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match row {
        None => Standing::LeaseLost,
        Some(row) if row.is_cancel_requested => Standing::CancelRequested,
        Some(_) => Standing::Good,
    })
}

/// A run that leaves its lease, and what is kept of its work.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    /// The lease that is given up; without it nothing is written.
    pub lease: Lease,
    /// Figures, added to the row's `metadata`.
    pub counts: &'a Map<String, Value>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Ends a run well. `false`: the lease is gone and nothing changed; so for all endings here.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn complete(
    tx: &mut Tx,
    leaving: Leaving<'_>,
    warnings: &[String],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'completed', completed_at = $3, metadata = metadata || $4,
               warnings = warnings || $5::text[], lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'
        "#,
        leaving.lease.run_id.0,
        leaving.lease.token,
        leaving.now,
        Json(leaving.counts) as _,
        warnings,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a run badly, with what it had achieved.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn fail(
    tx: &mut Tx,
    leaving: Leaving<'_>,
    kind: ErrorKind,
    message: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'failed', completed_at = $3, error_kind = $4, error_message = $5,
               metadata = metadata || $6, lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'
        "#,
        leaving.lease.run_id.0,
        leaving.lease.token,
        leaving.now,
        kind.name(),
        message,
        Json(leaving.counts) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a run that was asked to stop.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn cancel(tx: &mut Tx, leaving: Leaving<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'cancelled', completed_at = $3, metadata = metadata || $4,
               lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'
        "#,
        leaving.lease.run_id.0,
        leaving.lease.token,
        leaving.now,
        Json(leaving.counts) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a run back to the bus: to go on with its next segment, or after a delay the other side
/// asked for. It stays the same attempt.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn give_back(
    tx: &mut Tx,
    leaving: Leaving<'_>,
    reason: WaitReason,
    cursor: Option<&Value>,
    delay: Duration,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'pending', reason = $3, run_after = $4, sent_at = null,
               cursor = coalesce($5, cursor), metadata = metadata || $6,
               segment = segment + case when $3 = 'continued' then 1 else 0 end,
               snoozes = snoozes + case when $3 = 'snoozed' then 1 else 0 end,
               lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'
        "#,
        leaving.lease.run_id.0,
        leaving.lease.token,
        reason.name(),
        leaving.now + delay,
        cursor,
        Json(leaving.counts) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds the next attempt of a failed run, due `delay` from `now`, going on where it had come to.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert_retry(
    tx: &mut Tx,
    failed: RunId,
    delay: Duration,
    now: DateTime<Utc>,
) -> sqlx::Result<RunId> {
    let next = RunId::new();
    sqlx::query!(
        r#"
        with attempt as (
            insert into scheduled_job_runs
                   (id, scheduled_job_id, job_revision, origin, requested_by, scheduled_for,
                    attempt_number, parameters, cursor, is_exclusive, status, run_after,
                    parent_run_id, follow_ups, created_at)
            select $2, scheduled_job_id, job_revision, origin, requested_by, scheduled_for,
                   attempt_number + 1, parameters, cursor, is_exclusive, 'pending',
                   $4::timestamptz + make_interval(secs => $3), parent_run_id, follow_ups,
                   $4
              from scheduled_job_runs
             where id = $1
            returning id
        )
        update scheduled_job_runs set retry_run_id = (select id from attempt) where id = $1
        "#,
        failed.0,
        next.0,
        delay.as_secs_f64(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(next)
}
