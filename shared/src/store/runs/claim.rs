//! Rows of `scheduled_job_runs`, from the queue to work.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::Lease;
use crate::{
    domain::{
        FollowUp, JobId, Origin, RunId, RunStatus,
        run::{SkipReason, WaitReason},
    },
    store::{Tx, jobs::ledger::LockedJob},
};

/// Whether a run of a job may start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Another exclusive run of the job is at work.
    pub is_busy: bool,
    /// The job's type, its brand within the type, or its brand has no slot left.
    pub is_capped: bool,
}

/// Counts live leases. When the type or the brand is limited, claims of it wait for each other
/// until the transaction ends, so that two of them cannot take the last slot. Everybody locks the
/// job first, then the type, then the brand, so that nobody waits in a circle.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn room(tx: &mut Tx, job: &LockedJob, now: DateTime<Utc>) -> sqlx::Result<Room> {
    if job.is_limited {
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('slots of ' || $1, 0))",
            job.job_type.name(),
        )
        .execute(&mut **tx)
        .await?;
    }
    if let Some(brand_id) = job.brand_id.filter(|_| job.is_brand_limited) {
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('slots of brand ' || $1, 0))",
            brand_id.to_string(),
        )
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query_as!(
        Room,
        r#"
        select exists (select from scheduled_job_runs r
                        where r.scheduled_job_id = $1 and r.status = 'running' and r.is_exclusive)
                   as "is_busy!",
               coalesce(taken.of_type >= t.running_max, false)
                   or coalesce(taken.of_both >= t.running_per_brand_max, false)
                   or coalesce(taken.of_brand >= b.running_max, false) as "is_capped!"
          from job_types t
          left join brands b on b.id = $3
          cross join lateral (
               select count(*) filter (where j.job_type = t.name) as of_type,
                      count(*) filter (where j.brand_id = $3) as of_brand,
                      count(*) filter (where j.job_type = t.name
                                         and j.brand_id is not distinct from $3) as of_both
                 from scheduled_job_runs r
                 join scheduled_jobs j on j.id = r.scheduled_job_id
                where r.status = 'running' and r.lease_expires_at > $4
                  and (j.job_type = t.name or j.brand_id = $3)
               ) taken
         where t.name = $2
        "#,
        job.id.0,
        job.job_type.name(),
        job.brand_id.map(|brand| brand.0),
        now,
    )
    .fetch_one(&mut **tx)
    .await
}

/// The job of a run, without a lock. `None`: there is no such run.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn job_of(tx: &mut Tx, run_id: RunId) -> sqlx::Result<Option<JobId>> {
    sqlx::query_scalar!(
        r#"select scheduled_job_id as "id: JobId" from scheduled_job_runs where id = $1"#,
        run_id.0,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// A run of a locked job, for a decision about it.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the columns of scheduled_job_runs, described in the migration"
)]
pub struct QueuedRun {
    pub origin: Origin,
    pub scheduled_for: DateTime<Utc>,
    pub attempt_number: i32,
    pub segment: i32,
    pub snoozes: i32,
    pub parameters: Value,
    pub cursor: Option<Value>,
    pub is_exclusive: bool,
    pub status: RunStatus,
    pub run_after: DateTime<Utc>,
    pub is_cancel_requested: bool,
    /// Whether a person asked for this attempt.
    pub is_requested: bool,
    pub follow_ups: Json<Vec<FollowUp>>,
}

/// A run, read after its job was locked.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or there is no such run.
pub async fn queued(tx: &mut Tx, run_id: RunId) -> sqlx::Result<QueuedRun> {
    sqlx::query_as!(
        QueuedRun,
        r#"
        select origin as "origin: Origin", scheduled_for, attempt_number, segment, snoozes,
               parameters, cursor, is_exclusive, status as "status: RunStatus", run_after,
               cancel_requested_at is not null as "is_cancel_requested!",
               requested_by is not null as "is_requested!",
               follow_ups as "follow_ups: Json<Vec<FollowUp>>"
          from scheduled_job_runs
         where id = $1
        "#,
        run_id.0,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Starts a pending run of a locked job and leases it. `None`: it was no longer pending or not yet
/// due; buses deliver more than once, and only one delivery may work. It is due when its time is
/// not after `due_by`, which is the present with an allowance for other machines' clocks.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer. The run may have started all the same; then its
/// lease runs out and the reconciler takes it back.
pub async fn start(
    tx: &mut Tx,
    run_id: RunId,
    lease_expires_at: DateTime<Utc>,
    (now, due_by): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<Option<Lease>> {
    let lease = Lease {
        run_id,
        token: Uuid::new_v4(),
    };
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = 'running', reason = null, started_at = coalesce(started_at, $4),
               lease_token = $2, lease_expires_at = $3
         where id = $1 and status = 'pending' and run_after <= $5
        "#,
        run_id.0,
        lease.token,
        lease_expires_at,
        now,
        due_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok((done.rows_affected() == 1).then_some(lease))
}

/// Lets a pending run wait for a slot or for another run's end.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn wait(tx: &mut Tx, run_id: RunId, reason: WaitReason) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_job_runs set reason = $2 where id = $1 and status = 'pending'",
        run_id.0,
        reason.name(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives a pending run the verdict that it will not run.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn drop_pending(
    tx: &mut Tx,
    run_id: RunId,
    verdict: Option<SkipReason>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let status = if verdict.is_some() {
        RunStatus::Skipped
    } else {
        RunStatus::Cancelled
    };
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set status = $2, reason = $3, completed_at = $4
         where id = $1 and status = 'pending'
        "#,
        run_id.0,
        status.name(),
        verdict.map(SkipReason::name),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
