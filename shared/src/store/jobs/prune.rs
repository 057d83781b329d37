//! Rows of `scheduled_jobs` and `scheduled_job_changes` that nobody needs any more.

use chrono::{DateTime, Utc};

use crate::store::Tx;

/// Deletes at most `limit` changes made before `before`, all fields of each. The last one before it
/// stays, for it tells since when the job was what it was then. Oldest first; returns how many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn changes(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let pruned = sqlx::query_scalar!(
        r#"
        with old as (
            select distinct c.scheduled_job_id, c.revision, c.changed_at
              from scheduled_job_changes c
             where c.changed_at < $1
               and exists (select from scheduled_job_changes newer
                            where newer.scheduled_job_id = c.scheduled_job_id
                              and newer.revision > c.revision and newer.changed_at < $1)
             order by c.changed_at
             limit $2),
        gone as (
            delete from scheduled_job_changes c
             using old
             where c.scheduled_job_id = old.scheduled_job_id and c.revision = old.revision)
        select count(*) as "count!" from old
        "#,
        before,
        limit,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(u64::try_from(pruned).unwrap_or(0))
}

/// Deletes at most `limit` one-time jobs that were made, due and changed before `before`, have
/// ended, and have no run any more, with their changes and notifications. Oldest first; returns how
/// many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn one_time(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let ids = sqlx::query_scalar!(
        r#"
        select j.id
          from scheduled_jobs j
         where j.schedule_type = 'one_time' and j.status in ('completed', 'archived')
           and j.created_at < $1 and (j.scheduled_at is null or j.scheduled_at < $1)
           and not exists (select from scheduled_job_runs r where r.scheduled_job_id = j.id)
           and not exists (select from scheduled_job_changes c
                            where c.scheduled_job_id = j.id and c.changed_at >= $1)
         order by j.created_at
         limit $2
           for update skip locked
        "#,
        before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    // The log refers to the job: it goes first.
    sqlx::query!(
        "delete from scheduled_job_changes where scheduled_job_id = any($1)",
        &ids
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!("delete from scheduled_jobs where id = any($1)", &ids)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
