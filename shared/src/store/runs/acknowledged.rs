//! Failures that somebody acknowledged: told by whom and when, and taken back.

use chrono::{DateTime, Utc};

use crate::{domain::RunId, store::Tx};

/// Failures that were acknowledged at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// How many.
    pub runs: i64,
}

/// What was acknowledged last, at most `limit` times of it.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_of_all_brands(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<Acknowledged>> {
    sqlx::query_as!(
        Acknowledged,
        r#"
        with recursive newest as (
            (select acknowledged_at, acknowledged_by
               from scheduled_job_runs
              where acknowledged_at is not null and retry_run_id is null
              order by acknowledged_at desc
              limit 1)
            union all
            select earlier.*
              from newest
             cross join lateral (
                   select r.acknowledged_at, r.acknowledged_by
                     from scheduled_job_runs r
                    where r.acknowledged_at < newest.acknowledged_at and r.retry_run_id is null
                    order by r.acknowledged_at desc
                    limit 1) earlier)
        select acknowledged_at as "at!", acknowledged_by as "by!", counted.runs as "runs!"
          from (select * from newest limit $1) newest
         cross join lateral (
               select count(*) as runs
                 from scheduled_job_runs r
                where r.acknowledged_at = newest.acknowledged_at and r.acknowledged_by = newest.acknowledged_by
                  and r.retry_run_id is null) counted
         order by acknowledged_at desc
        "#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Makes dead letters again of those runs that `by` acknowledged at `at`; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn take_back(tx: &mut Tx, at: DateTime<Utc>, by: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update scheduled_job_runs set acknowledged_at = null, acknowledged_by = null
          where acknowledged_at = $1 and acknowledged_by = $2 and retry_run_id is null",
        at,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Makes a dead letter again of one run, if it is acknowledged.
///
/// # Errors
/// When the database does not answer.
pub async fn take_back_one(tx: &mut Tx, id: RunId) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_job_runs set acknowledged_at = null, acknowledged_by = null
          where id = $1 and acknowledged_at is not null and retry_run_id is null",
        id as RunId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
