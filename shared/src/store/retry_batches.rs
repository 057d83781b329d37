//! Rows of `retry_batches` and `retry_batch_runs`: dead letters that are retried in bulk.

mod listed;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{BatchId, JobId, RunId},
    store::Tx,
};

pub use listed::{Listed, newest};

/// A batch to insert.
#[derive(Debug)]
pub struct NewBatch<'a> {
    /// Its id, made by the caller.
    pub id: BatchId,
    /// Who makes it.
    pub created_by: &'a str,
    /// Runs released in a minute; 1 to 600.
    pub rate_per_minute: i32,
    /// Failed again, so many runs end the batch; `None` for no end.
    pub stop_after_failures: Option<i32>,
    /// Failed runs, in the order of their release.
    pub runs: &'a [RunId],
}

/// A batch as people see it.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// Runs released in a minute.
    pub rate_per_minute: i32,
    /// Failed again, so many runs end the batch; `None` for no end.
    pub stop_after_failures: Option<i32>,
    /// `active`, `done`, `stopped` or `cancelled`. Changed by the sweep and by people who cancel.
    pub status: String,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it before its end.
    pub cancelled_by: Option<String>,
    /// Runs in it.
    pub runs: i64,
    /// Runs whose turn has come.
    pub released: i64,
    /// Next attempts that wait or work.
    pub waiting: i64,
    /// Next attempts that completed.
    pub completed: i64,
    /// Next attempts that failed.
    pub failed: i64,
    /// Next attempts that were cancelled or skipped.
    pub cancelled: i64,
    /// Released without a next attempt: somebody acknowledged the failure, or archived its job.
    pub not_retried: i64,
}

/// Inserts an active batch with those of its runs that are dead letters of jobs that are not archived, and wait in no
/// other batch; returns how many these are.
///
/// # Errors
/// When the database does not answer.
pub async fn create(tx: &mut Tx, batch: &NewBatch<'_>, now: DateTime<Utc>) -> sqlx::Result<u64> {
    sqlx::query!(
        r#"
        insert into retry_batches
               (id, created_at, created_by, rate_per_minute, stop_after_failures)
        values ($1, $2, $3, $4, $5)
        "#,
        batch.id as BatchId,
        now,
        batch.created_by,
        batch.rate_per_minute,
        batch.stop_after_failures,
    )
    .execute(&mut **tx)
    .await?;
    // Whoever wants the same runs at the same time waits, and then sees this batch.
    sqlx::query!(
        "select id from scheduled_job_runs where id = any ($1) order by id for no key update",
        batch.runs as &[RunId],
    )
    .fetch_all(&mut **tx)
    .await?;
    let done = sqlx::query!(
        r#"
        insert into retry_batch_runs (batch_id, run_id, position)
        select $1, r.id, wanted.position
          from unnest($2::uuid[]) with ordinality as wanted (id, position)
          join scheduled_job_runs r on r.id = wanted.id
          join scheduled_jobs j on j.id = r.scheduled_job_id and j.status <> 'archived'
         where r.status = 'failed' and r.retry_run_id is null and r.acknowledged_at is null
           and not exists (
                   select from retry_batch_runs as other
                     join retry_batches as others on others.id = other.batch_id and others.status = 'active'
                    where other.run_id = r.id and other.released_at is null)
            on conflict do nothing
        "#,
        batch.id as BatchId,
        batch.runs as &[RunId],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The batch, or `None` when there is none with this id.
///
/// # Errors
/// When the database does not answer.
pub async fn get(tx: &mut Tx, id: BatchId) -> sqlx::Result<Option<Batch>> {
    sqlx::query_as!(
        Batch,
        r#"
        select b.id as "id: BatchId",
               b.created_at,
               b.created_by,
               b.rate_per_minute,
               b.stop_after_failures,
               b.status,
               b.ended_at,
               b.cancelled_by,
               count(m.run_id) as "runs!",
               count(m.released_at) as "released!",
               count(*) filter (where n.status in ('pending', 'running')) as "waiting!",
               count(*) filter (where n.status = 'completed') as "completed!",
               count(*) filter (where n.status = 'failed') as "failed!",
               count(*) filter (where n.status in ('cancelled', 'skipped')) as "cancelled!",
               count(m.released_at) filter (where n.id is null) as "not_retried!"
          from retry_batches b
          left join retry_batch_runs m on m.batch_id = b.id
          left join scheduled_job_runs r on r.id = m.run_id and m.released_at is not null
          left join scheduled_job_runs n on n.id = r.retry_run_id
         where b.id = $1
         group by b.id
        "#,
        id as BatchId,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Ends an active batch; what was released goes on. Words: `done`, `stopped`, and `cancelled` by somebody.
///
/// # Errors
/// When the database does not answer.
pub async fn end(
    tx: &mut Tx,
    id: BatchId,
    (status, by): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update retry_batches set status = $2, ended_at = $3, cancelled_by = $4
         where id = $1 and status = 'active'
        "#,
        id as BatchId,
        status,
        now,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Active batches, oldest first, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn active(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<BatchId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: BatchId"
          from retry_batches
         where status = 'active'
         order by created_at
         limit $1
        "#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Where a locked batch stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Runs released in a minute.
    pub rate_per_minute: i32,
    /// Failed again, so many runs end the batch.
    pub stop_after_failures: Option<i32>,
    /// Runs released since `since`.
    pub released_lately: i64,
    /// Next attempts that failed.
    pub failed: i64,
    /// The next run to release; `None`: all are.
    pub next: Option<RunId>,
    /// That run's job.
    pub next_job: Option<JobId>,
    /// Whether nobody has acknowledged that run meanwhile.
    pub is_next_open: bool,
}

/// Locks an active batch against other sweeps and says where it stands. `None`: it has ended, or
/// another sweep has it.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(
    tx: &mut Tx,
    id: BatchId,
    now: DateTime<Utc>,
    lately: TimeDelta,
) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"
        with batch as (
            select id, rate_per_minute, stop_after_failures
              from retry_batches
             where id = $1 and status = 'active'
               for update skip locked),
        next as (
            select m.run_id, r.scheduled_job_id, r.acknowledged_at is null as is_open
              from retry_batch_runs m
              join scheduled_job_runs r on r.id = m.run_id
             where m.batch_id = $1 and m.released_at is null
             order by m.position
             limit 1)
        select b.rate_per_minute, b.stop_after_failures,
               (select count(*) from retry_batch_runs m
                 where m.batch_id = $1 and m.released_at > $2) as "released_lately!",
               (select count(*) from retry_batch_runs m
                  join scheduled_job_runs r on r.id = m.run_id
                  join scheduled_job_runs n on n.id = r.retry_run_id
                 where m.batch_id = $1 and m.released_at is not null
                   and n.status = 'failed') as "failed!",
               next.run_id as "next?: RunId",
               next.scheduled_job_id as "next_job?: JobId",
               coalesce(next.is_open, false) as "is_next_open!"
          from batch b
          left join next on true
        "#,
        id as BatchId,
        now - lately,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Notes that a run's turn has come.
///
/// # Errors
/// When the database does not answer.
pub async fn mark_released(
    tx: &mut Tx,
    id: BatchId,
    run_id: RunId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update retry_batch_runs set released_at = $3 where batch_id = $1 and run_id = $2",
        id as BatchId,
        run_id as RunId,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes at most `limit` batches that ended before `before`. Oldest first; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from retry_batches
         where id in (select id from retry_batches
                       where ended_at < $1
                       order by ended_at
                       limit $2)
        "#,
        before,
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
