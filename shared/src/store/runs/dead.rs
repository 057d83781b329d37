//! Dead letters: rows of `scheduled_job_runs` that failed, and that nobody has retried or acknowledged.

mod failures;
mod listed;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    read::{self, RunView},
    request::Requested,
};
use crate::{
    domain::{BrandId, ErrorKind, JobId, JobType, RunId, RunStatus},
    store::Tx,
};

pub use failures::failures_of_all_brands;
pub use listed::{Place, list_of_all_brands};

/// Which dead letters. `None` does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this brand's jobs.
    pub brand_id: Option<BrandId>,
    /// Of jobs without a brand.
    pub is_platform: bool,
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
