//! Rows of `scheduled_job_runs` that nobody needs any more.
//!
//! Kept however old they are: what waits or works, what the bus has not heard of, dead letters, the
//! newest run of each job unless it was a one-time job that has ended, and a retry while the attempt
//! it follows is there. A job's watermark stays, so a fire time whose row is gone is not admitted
//! again; the ledger's horizon moves, so that it is not taken for lost.

use chrono::{DateTime, Utc};

use crate::store::Tx;

/// Deletes at most `limit` runs, with their logs, that ended before `before`. Oldest first;
/// returns how many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let pruned = sqlx::query_scalar!(
        r#"
        with old as (
            select r.id
              from scheduled_job_runs r
             where r.completed_at < $1 and r.scheduled_for < $1
               and r.announced_at is not null
               and not (r.status = 'failed' and r.retry_run_id is null
                        and r.acknowledged_at is null)
               and not exists (select from scheduled_job_runs failed
                                where failed.retry_run_id = r.id)
               and (exists (select from scheduled_job_runs newer
                             where newer.scheduled_job_id = r.scheduled_job_id
                               and (newer.created_at, newer.id) > (r.created_at, r.id))
                    or exists (select from scheduled_jobs j
                                where j.id = r.scheduled_job_id and j.schedule_type = 'one_time'
                                  and j.status in ('completed', 'archived')))
             order by r.completed_at
             limit $2
               for update skip locked),
        gone as (
            delete from scheduled_job_runs r
             using old
             where r.id = old.id
         returning r.id),
        horizon as (
            insert into ledger_horizon (pruned_before)
            select $1
             where exists (select from gone)
                on conflict (is_only) do update
               set pruned_before = greatest(ledger_horizon.pruned_before, excluded.pruned_before))
        select count(*) as "count!" from gone
        "#,
        before,
        limit,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(pruned.try_into().unwrap_or_default())
}

/// Before which moment fire times may have no row any more; `None` when nothing was ever deleted.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pruned_before(tx: &mut Tx) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("select pruned_before from ledger_horizon")
        .fetch_optional(&mut **tx)
        .await
}
