//! Rows of `scheduled_job_runs` that the bus, or the reconciler, still has to hear of.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{DueRun, Lease};
use crate::{
    domain::{JobId, JobType, RunId, RunStatus},
    store::Tx,
};

/// A request on the bus that nobody took within this time is sent again. Delivery takes
/// milliseconds; a function that is throttled takes longer, and a second delivery is harmless.
const RESEND_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Pending runs whose time has come and that are not on the bus. Oldest first, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<DueRun>> {
    sqlx::query_as!(
        DueRun,
        r#"
        select r.id as "id: RunId", j.id as "job_id: JobId", j.job_type as "job_type: JobType"
          from scheduled_job_runs r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         where r.status = 'pending' and r.run_after <= $1
           and (r.sent_at is null or r.sent_at < $2)
         order by r.run_after
         limit $3
        "#,
        now,
        now - RESEND_AFTER,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Notes that requests for these runs are on the bus.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn mark_sent(tx: &mut Tx, runs: &[RunId], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_job_runs set sent_at = $2 where id = any($1) and status = 'pending'",
        &uuids(runs),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A run whose worker vanished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiredRun {
    /// Its job.
    pub job_id: JobId,
    /// The lease that ran out.
    pub lease: Lease,
}

/// Runs whose lease has run out. Oldest first, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn expired(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<ExpiredRun>> {
    let rows = sqlx::query!(
        r#"
        select id as "id: RunId", scheduled_job_id as "job_id: JobId", lease_token as "token!"
          from scheduled_job_runs
         where status = 'running' and lease_expires_at < $1
         order by lease_expires_at
         limit $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ExpiredRun {
            job_id: row.job_id,
            lease: Lease {
                run_id: row.id,
                token: row.token,
            },
        })
        .collect())
}

/// An ended run that the bus has not heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedRun {
    /// The run.
    pub id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// What it did.
    pub job_type: JobType,
    /// How it ended.
    pub status: RunStatus,
}

/// Ended runs whose `RunFinished` has not left. Oldest first, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unannounced(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<EndedRun>> {
    sqlx::query_as!(
        EndedRun,
        r#"
        select r.id as "id: RunId", j.id as "job_id: JobId", j.job_type as "job_type: JobType",
               r.status as "status: RunStatus"
          from scheduled_job_runs r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         where r.completed_at <= $1 and r.announced_at is null
         order by r.completed_at
         limit $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Notes that the bus has heard of these endings.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn mark_announced(tx: &mut Tx, runs: &[RunId], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_job_runs set announced_at = $2
          where id = any($1) and completed_at is not null",
        &uuids(runs),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn uuids(runs: &[RunId]) -> Vec<Uuid> {
    runs.iter().map(|run| run.0).collect()
}
