//! One-time jobs that somebody inserted past the API, without their next time: as they are, nothing would ever run them.

use chrono::{DateTime, Utc};

use crate::{domain::JobId, store::Tx};

/// At most `limit` of them. One that was ordered by the API has its run from the beginning, and is none.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn missing(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        select job.id as "id: JobId"
          from scheduled_jobs as job
         where job.schedule_type = 'one_time' and job.status = 'active' and job.next_run_at is null
           and not exists (select from scheduled_job_runs as run where run.scheduled_job_id = job.id)
         order by job.id
         limit $1
        "#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Gives a locked job that is one of them its time: the one it was scheduled for, or now. `None`: it is none.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn give(
    tx: &mut Tx,
    id: JobId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"
        update scheduled_jobs as job
           set next_run_at = coalesce(scheduled_at, $2)
         where job.id = $1 and job.schedule_type = 'one_time' and job.status = 'active' and job.next_run_at is null
           and not exists (select from scheduled_job_runs as run where run.scheduled_job_id = job.id)
     returning next_run_at as "next_run_at!"
        "#,
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await
}
