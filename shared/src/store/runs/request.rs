//! Runs that somebody asks for, and asks to stop.
//!
//! A run is born `sent`: its event follows the commit at once, and a transaction less keeps
//! run-now quick. If the event does not leave, [`unsend`] says so; if even that does not happen,
//! the reconciler sends again what was sent a minute ago and is still pending.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::claim;
use crate::{
    domain::{BrandId, JobId, JobType, ProductId, RunId, RunStatus},
    store::{
        Tx,
        jobs::{TriggerSource, create::Owner, ledger},
    },
};

/// Makes two equal requests one. Each organisation has keys of its own, and so has the installation.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// As sent by the caller; 1 to 200 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the request, to tell a repeated request from another one with the same key.
    pub request_sha256: [u8; 32],
}

/// What every request for a run says.
#[derive(Clone, Debug)]
pub struct Request {
    /// The run's id, made by the caller.
    pub run_id: RunId,
    /// Who asks.
    pub requested_by: String,
    /// Makes a repeated request find the first one's run.
    pub idempotency: Option<IdempotencyKey>,
    /// The time of the request.
    pub now: DateTime<Utc>,
}

/// A one-time job that runs at once.
#[derive(Clone, Debug)]
pub struct OneTime {
    /// Its id, made by the caller.
    pub job_id: JobId,
    /// What it does.
    pub job_type: JobType,
    /// What it works on.
    pub owner: Owner,
    /// What people call it; 1 to 200 characters.
    pub name: String,
    /// Checked by the job type.
    pub parameters: Value,
    /// Who makes it.
    pub trigger_source: TriggerSource,
    /// Attempts after the first one.
    pub max_retries: i32,
}

/// A run that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The run.
    pub run_id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// What the job does.
    pub job_type: JobType,
    /// Where the run stands.
    pub status: RunStatus,
}

/// Inserts a one-time job and its pending run.
///
/// `None`: the owner does not exist, or the idempotency key is taken ([`with_key`] tells). The
/// transaction must then not be committed, since it may hold a job without a run.
///
/// # Errors
/// When the database does not answer, or the owner is not of the kind this job type works on.
pub async fn one_time(
    tx: &mut Tx,
    request: &Request,
    job: &OneTime,
) -> sqlx::Result<Option<Requested>> {
    let idempotency = request.idempotency.as_ref();
    let inserted = sqlx::query_scalar!(
        r#"
        with job as (
            insert into scheduled_jobs
                   (id, organization_id, brand_id, product_id, job_type, name, parameters,
                    trigger_source, schedule_type, max_runs, max_retries, created_at)
            select $1, b.organization_id, b.id, p.id, $4, $5, $6,
                   $7, 'one_time', 1, $13, $8
              from (select 1) one
              left join brands b on b.id = $2
              left join products p on p.id = $3 and p.brand_id = b.id
             where ($2::uuid is null or b.id is not null)
               and ($3::uuid is null or p.id is not null)
         returning id, revision, parameters, overlap_policy)
        insert into scheduled_job_runs
               (id, scheduled_job_id, job_revision, origin, requested_by, scheduled_for,
                parameters, is_exclusive, run_after, sent_at, idempotency_key, request_sha256,
                created_at)
        select $9, id, revision, 'manual', $10, $8,
               parameters, overlap_policy <> 'allow', $8, $8,
               coalesce(current_organization_id()::text || ' ', '') || $11, $12, $8
          from job
            on conflict (idempotency_key) do nothing
        returning id as "id: RunId"
        "#,
        job.job_id as JobId,
        job.owner.brand_id as Option<BrandId>,
        job.owner.product_id as Option<ProductId>,
        job.job_type.name(),
        job.name,
        job.parameters,
        job.trigger_source.name(),
        request.now,
        request.run_id as RunId,
        request.requested_by,
        idempotency.map(|idempotency| idempotency.key.as_str()),
        idempotency.map(|idempotency| idempotency.request_sha256.as_slice()),
        job.max_retries,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(inserted.map(|run_id| Requested {
        run_id,
        job_id: job.job_id,
        job_type: job.job_type,
        status: RunStatus::Pending,
    }))
}

/// Inserts a pending run of an active or paused job, whose schedule stays as it is.
/// `parameters` replace the job's for this run.
///
/// `None`: there is no such live job, or the idempotency key is taken ([`with_key`] tells).
///
/// # Errors
/// When the database does not answer.
pub async fn of_job(
    tx: &mut Tx,
    request: &Request,
    job_id: JobId,
    parameters: Option<&Value>,
) -> sqlx::Result<Option<Requested>> {
    let idempotency = request.idempotency.as_ref();
    sqlx::query_as!(
        Requested,
        r#"
        with job as (
            select id, revision, parameters, overlap_policy, job_type
              from scheduled_jobs
             where id = $1
               and status in ('active', 'paused')
               for share)
        insert into scheduled_job_runs
               (id, scheduled_job_id, job_revision, origin, requested_by, scheduled_for,
                parameters, is_exclusive, run_after, sent_at, idempotency_key, request_sha256,
                created_at)
        select $2, id, revision, 'manual', $3, $4,
               coalesce($5, parameters), overlap_policy <> 'allow', $4, $4,
               coalesce(current_organization_id()::text || ' ', '') || $6, $7, $4
          from job
            on conflict (idempotency_key) do nothing
        returning id as "run_id: RunId",
                  scheduled_job_id as "job_id: JobId",
                  (select job_type from job) as "job_type!: JobType",
                  status as "status: RunStatus"
        "#,
        job_id as JobId,
        request.run_id as RunId,
        request.requested_by,
        request.now,
        parameters,
        idempotency.map(|idempotency| idempotency.key.as_str()),
        idempotency.map(|idempotency| idempotency.request_sha256.as_slice()),
    )
    .fetch_optional(&mut **tx)
    .await
}

/// The run that an earlier request with this key asked for, and that request's SHA-256.
///
/// # Errors
/// When the database does not answer.
pub async fn with_key(tx: &mut Tx, key: &str) -> sqlx::Result<Option<(Requested, Vec<u8>)>> {
    let row = sqlx::query!(
        r#"
        select r.id as "run_id: RunId",
               r.scheduled_job_id as "job_id: JobId",
               j.job_type as "job_type: JobType",
               r.status as "status: RunStatus",
               r.request_sha256 as "request_sha256!"
          from scheduled_job_runs r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         where r.idempotency_key = coalesce(current_organization_id()::text || ' ', '') || $1
        "#,
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let requested = Requested {
            run_id: row.run_id,
            job_id: row.job_id,
            job_type: row.job_type,
            status: row.status,
        };
        (requested, row.request_sha256)
    }))
}

/// Says that a pending run's event did not leave, so that the reconciler sends it soon.
///
/// # Errors
/// When the database does not answer; the run is then sent a minute later.
pub async fn unsend(tx: &mut Tx, ids: &[RunId]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_job_runs
           set sent_at = null
         where id = any ($1)
           and status = 'pending'
        "#,
        ids as &[RunId],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Asks a run to stop, in the name of `by`. One that waits is cancelled at once, and a one-time job
/// with nothing left to run ends with it; one at work stops at its next safe point. Repeated, it keeps
/// the first request.
///
/// `None`: there is no such run, or it has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn cancel(
    tx: &mut Tx,
    id: RunId,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<RunStatus>> {
    let Some(job_id) = claim::job_of(tx, id).await? else {
        return Ok(None);
    };
    let job = ledger::lock(tx, job_id).await?;
    let status = request_stop(tx, id, by, now).await?;
    let waits_for_its_time = job.is_some_and(|job| job.next_run_at.is_some());
    if status == Some(RunStatus::Cancelled) && !waits_for_its_time {
        ledger::end_one_time(tx, job_id).await?;
    }
    Ok(status)
}

async fn request_stop(
    tx: &mut Tx,
    id: RunId,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<RunStatus>> {
    sqlx::query_scalar!(
        r#"
        update scheduled_job_runs
           set cancel_requested_at = coalesce(cancel_requested_at, $2),
               cancel_requested_by = case when cancel_requested_at is null then $3
                                          else cancel_requested_by end,
               status = case status when 'pending' then 'cancelled' else status end,
               completed_at = case status when 'pending' then $2 end,
               reason = null
         where id = $1
           and status in ('pending', 'running')
        returning status as "status: RunStatus"
        "#,
        id as RunId,
        now,
        by,
    )
    .fetch_optional(&mut **tx)
    .await
}
