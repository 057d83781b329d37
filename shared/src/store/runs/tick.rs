//! Rows of `scheduled_job_runs` that ticks become: every fire time gets one, with a verdict.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Lease;
use crate::{
    domain::{
        ErrorKind, JobId, RunId, RunStatus,
        run::{SkipReason, WaitReason},
    },
    store::{Tx, jobs::ledger::LockedJob},
};

/// How a new run of a tick begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// At work at once, until the lease ends.
    Running {
        /// The invocation's deadline and a margin.
        lease_expires_at: DateTime<Utc>,
    },
    /// In the queue.
    Pending(Option<WaitReason>),
    /// Never.
    Skipped(SkipReason),
}

/// Gives the tick `scheduled_for` of a locked job its row. `None`: it has one already.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert(
    tx: &mut Tx,
    job: &LockedJob,
    scheduled_for: DateTime<Utc>,
    beginning: Beginning,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Lease>> {
    let lease = Lease {
        run_id: RunId::new(),
        token: Uuid::new_v4(),
    };
    let (status, reason, lease_expires_at) = match beginning {
        Beginning::Running { lease_expires_at } => {
            (RunStatus::Running, None, Some(lease_expires_at))
        }
        Beginning::Pending(reason) => (RunStatus::Pending, reason.map(WaitReason::name), None),
        Beginning::Skipped(reason) => (RunStatus::Skipped, Some(reason.name()), None),
    };
    let is_running = lease_expires_at.is_some();
    let done = sqlx::query!(
        r#"
        insert into scheduled_job_runs
               (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters,
                is_exclusive, status, reason, run_after, started_at, completed_at,
                lease_token, lease_expires_at, created_at)
        values ($1, $2, $3, 'tick', $4, $5, $6, $7, $8, $4, $9, $10, $11, $12, $13)
        on conflict (scheduled_job_id, scheduled_for, attempt_number) where origin = 'tick'
        do nothing
        "#,
        lease.run_id.0,
        job.id.0,
        job.revision,
        scheduled_for,
        job.parameters,
        job.is_exclusive(),
        status.name(),
        reason,
        is_running.then_some(now),
        (status == RunStatus::Skipped).then_some(now),
        is_running.then_some(lease.token),
        lease_expires_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok((done.rows_affected() == 1).then_some(lease))
}

/// Gives many ticks of a locked job the verdict that they were skipped. Ticks that have a row
/// keep it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert_skipped(
    tx: &mut Tx,
    job: &LockedJob,
    ticks: &[DateTime<Utc>],
    reason: SkipReason,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    if ticks.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query!(
        r#"
        insert into scheduled_job_runs
               (scheduled_job_id, job_revision, origin, scheduled_for, parameters, is_exclusive,
                status, reason, run_after, completed_at, created_at)
        select $1, $2, 'tick', tick, $3, $4, 'skipped', $5, tick, $6, $6
          from unnest($7::timestamptz[]) as tick
        on conflict (scheduled_job_id, scheduled_for, attempt_number) where origin = 'tick'
        do nothing
        "#,
        job.id.0,
        job.revision,
        job.parameters,
        job.is_exclusive(),
        reason.name(),
        now,
        ticks,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Gives a tick of a locked job the verdict that `by` wanted it left out. A tick that has a row
/// keeps it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert_requested_skip(
    tx: &mut Tx,
    job: &LockedJob,
    scheduled_for: DateTime<Utc>,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into scheduled_job_runs
               (scheduled_job_id, job_revision, origin, requested_by, scheduled_for, parameters,
                is_exclusive, status, reason, run_after, completed_at, created_at)
        values ($1, $2, 'tick', $3, $4, $5, $6, 'skipped', 'requested', $4, $7, $7)
        on conflict (scheduled_job_id, scheduled_for, attempt_number) where origin = 'tick'
        do nothing
        "#,
        job.id.0,
        job.revision,
        by,
        scheduled_for,
        job.parameters,
        job.is_exclusive(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether somebody wanted this tick left out.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn is_skipped_on_request(
    tx: &mut Tx,
    job_id: JobId,
    scheduled_for: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where scheduled_job_id = $1 and scheduled_for = $2
           and origin = 'tick' and status = 'skipped' and reason = 'requested'
        "#,
        job_id.0,
        scheduled_for,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_some())
}

/// Gives a tick the verdict that it failed before it could start. `None`: it has a row already.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert_failed(
    tx: &mut Tx,
    job: &LockedJob,
    scheduled_for: DateTime<Utc>,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<RunId>> {
    sqlx::query_scalar!(
        r#"
        insert into scheduled_job_runs
               (scheduled_job_id, job_revision, origin, scheduled_for, parameters, status,
                run_after, started_at, completed_at, error_kind, error_message, created_at)
        values ($1, $2, 'tick', $3, $4, 'failed', $3, $5, $5, $6, $7, $5)
        on conflict (scheduled_job_id, scheduled_for, attempt_number) where origin = 'tick'
        do nothing
        returning id as "id: RunId"
        "#,
        job.id.0,
        job.revision,
        scheduled_for,
        job.parameters,
        now,
        ErrorKind::Permanent.name(),
        error,
    )
    .fetch_optional(&mut **tx)
    .await
}
