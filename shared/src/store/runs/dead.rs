//! Dead letters: rows of `scheduled_job_runs` that failed, and that nobody has retried or acknowledged.

mod listed;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    read::{self, RunView},
    request::Requested,
};
use crate::{
    domain::{BrandId, ErrorKind, JobId, JobType, RunId, RunStatus, fingerprint::FailedRun},
    store::Tx,
};

pub use listed::{Place, list_of_all_brands};

/// Which dead letters. `None` does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this brand's jobs.
    pub brand_id: Option<BrandId>,
    /// Of this type.
    pub job_type: Option<JobType>,
    /// That failed in this way.
    pub error_kind: Option<ErrorKind>,
    /// That another attempt can be asked for: they wait in no batch for one, and their job is not archived.
    pub is_idle: bool,
}

/// At most `limit` dead letters of every brand that pass `filter`, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn ids_of_all_brands(
    tx: &mut Tx,
    filter: Filter,
    limit: i64,
) -> sqlx::Result<Vec<RunId>> {
    listed::ids(tx, filter, None, limit).await
}

/// How many dead letters of every brand there are, at most `most`, and the `shown` newest of them.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_of_all_brands(
    tx: &mut Tx,
    most: i64,
    shown: i64,
) -> sqlx::Result<(i64, Vec<RunView>)> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
          from (select from scheduled_job_runs
                 where status = 'failed' and retry_run_id is null and acknowledged_at is null
                 limit $1) dead
        "#,
        most,
    )
    .fetch_one(&mut **tx)
    .await?;
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where status = 'failed' and retry_run_id is null and acknowledged_at is null
         order by completed_at desc
         limit $1
        "#,
        shown,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok((count, read::with_ids(tx, &ids).await?))
}

/// The same as failures to group by their cause, the oldest `limit` of them, in no order.
///
/// # Errors
/// When the database does not answer.
pub async fn failures_of_all_brands(
    tx: &mut Tx,
    filter: Filter,
    limit: i64,
) -> sqlx::Result<Vec<FailedRun>> {
    // A plan for any filter expects few rows, and takes seconds for thousands.
    tx.plan_for_values().await?;
    // Most failures share their words with others, and words are the longest part of a row: each comes once.
    let alike = sqlx::query!(
        r#"
        with waiting as (
            select distinct wish.run_id
              from retry_batch_runs as wish
              join retry_batches as batch on batch.id = wish.batch_id and batch.status = 'active'
             where wish.released_at is null)
        select job_type as "job_type!: JobType", error_kind as "error_kind!: ErrorKind",
               error_message as "message!", array_agg(id) as "run_ids!: Vec<RunId>",
               array_agg(brand_id) as "brand_ids!: Vec<Option<BrandId>>",
               array_agg(completed_at) as "failed_at!", array_agg(is_idle) as "are_idle!"
          from (select r.id, r.error_kind, r.error_message, r.completed_at, j.job_type, j.brand_id,
                       j.status <> 'archived' and waiting.run_id is null as is_idle
                  from (select *
                          from scheduled_job_runs r
                         where r.status = 'failed' and r.retry_run_id is null and r.acknowledged_at is null
                           and ($1::uuid is null or r.scheduled_job_id = $1)
                           and ($4::text is null or r.error_kind = $4)
                           -- Asked of jobs only when it matters: otherwise the index has the first ones.
                           and ($2::uuid is null and $3::text is null and not $6
                                or r.scheduled_job_id in (
                                   select id from scheduled_jobs
                                    where ($2::uuid is null or brand_id = $2) and ($3::text is null or job_type = $3) and (not $6 or status <> 'archived')))
                           and (not $6 or r.id not in (select run_id from waiting))
                         order by r.completed_at
                         limit $5) r
                  join scheduled_jobs j on j.id = r.scheduled_job_id
                  left join waiting on waiting.run_id = r.id) dead
         group by job_type, error_kind, error_message
        "#,
        filter.job_id as Option<JobId>,
        filter.brand_id as Option<BrandId>,
        filter.job_type.map(JobType::name),
        filter.error_kind.map(ErrorKind::name),
        limit,
        filter.is_idle,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut failures = vec![];
    for words in alike {
        let message: Arc<str> = words.message.into();
        let runs = words.run_ids.into_iter().zip(words.brand_ids);
        let runs = runs.zip(words.failed_at).zip(words.are_idle);
        failures.extend(
            runs.map(|(((run_id, brand_id), failed_at), is_idle)| FailedRun {
                run_id,
                job_type: words.job_type,
                brand_id,
                error_kind: words.error_kind,
                message: Arc::clone(&message),
                failed_at,
                is_idle,
            }),
        );
    }
    Ok(failures)
}

/// Whom some failures concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Jobs that they are runs of.
    pub jobs: i64,
    /// The name of each brand of these jobs, in their order.
    pub brands: Vec<String>,
}

/// Whom these runs concern.
///
/// # Errors
/// When the database does not answer.
pub async fn reach(tx: &mut Tx, ids: &[RunId]) -> sqlx::Result<Reach> {
    sqlx::query_as!(
        Reach,
        r#"
        with meant as materialized (
            select distinct j.id, j.brand_id
              from scheduled_job_runs r
              join scheduled_jobs j on j.id = r.scheduled_job_id
             where r.id = any ($1))
        select (select count(*) from meant) as "jobs!",
               array(select name from brands where id in (select brand_id from meant) order by name, id) as "brands!"
        "#,
        ids as &[RunId],
    )
    .fetch_one(&mut **tx)
    .await
}

/// Notes that a failure needs no more care; repeated, it keeps the first note. `false`: the run
/// has not failed, or was retried.
///
/// # Errors
/// When the database does not answer.
pub async fn acknowledge(
    tx: &mut Tx,
    id: RunId,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_job_runs
           set acknowledged_at = coalesce(acknowledged_at, $2),
               acknowledged_by = coalesce(acknowledged_by, $3)
         where id = $1
           and status = 'failed'
           and retry_run_id is null
        "#,
        id as RunId,
        now,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A wish for one more attempt.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// The failed run.
    pub run_id: RunId,
    /// Who asks.
    pub by: &'a str,
    /// What it receives instead of what the failed run received; it then begins anew. `None`: the
    /// same, and it goes on where the failed one had come to.
    pub parameters: Option<&'a Value>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Adds the next attempt of a failed run, due at once and not yet sent. The caller has locked the
/// job. `None`: the run has not failed, has a next attempt, or its job is archived.
///
/// # Errors
/// When the database does not answer.
pub async fn retry(tx: &mut Tx, retry: Retry<'_>) -> sqlx::Result<Option<Requested>> {
    sqlx::query_as!(
        Requested,
        r#"
        with attempt as (
            insert into scheduled_job_runs
                   (id, scheduled_job_id, job_revision, origin, requested_by, scheduled_for,
                    attempt_number, parameters, cursor, is_exclusive, status, run_after,
                    parent_run_id, follow_ups, created_at)
            select $2, r.scheduled_job_id, r.job_revision, r.origin, $3, r.scheduled_for,
                   r.attempt_number + 1, coalesce($4, r.parameters),
                   case when $4::jsonb is null then r.cursor end, r.is_exclusive, 'pending', $5,
                   r.parent_run_id,
                   case when $4::jsonb is null then r.follow_ups else '[]' end, $5
              from scheduled_job_runs r
              join scheduled_jobs j on j.id = r.scheduled_job_id
             where r.id = $1
               and r.status = 'failed'
               and r.retry_run_id is null
               and j.status <> 'archived'
         returning id, scheduled_job_id, status)
        update scheduled_job_runs r
           set retry_run_id = attempt.id
          from attempt
          join scheduled_jobs j on j.id = attempt.scheduled_job_id
         where r.id = $1
        returning attempt.id as "run_id: RunId",
                  j.id as "job_id: JobId",
                  j.job_type as "job_type: JobType",
                  attempt.status as "status: RunStatus"
        "#,
        retry.run_id as RunId,
        RunId::new() as RunId,
        retry.by,
        retry.parameters,
        retry.now,
    )
    .fetch_optional(&mut **tx)
    .await
}
