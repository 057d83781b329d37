//! Rows of `notifications`: what people must be told.
//!
//! A job that fails for good has one standing dead letter; failing again counts it up. So has a job
//! that was paused since its schedule cannot be read. A success ends both, and is told when they
//! were. Whoever calls has locked the job.

pub mod accounts;
pub mod delivered;
pub mod read;
pub mod reads;
pub mod test_messages;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::RunId,
    store::{Tx, jobs::ledger::LockedJob},
};

/// Between two dead letters of one job that people hear of. A job that fails and recovers in turns
/// would otherwise tell both every few minutes.
const AT_MOST_EVERY: TimeDelta = TimeDelta::hours(1);

/// Tells that a run failed and no attempt is left.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn dead_letter(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let title = format!("{} failed and will not be tried again", job.job_type);
    failure(tx, job, run_id, ("dead_letter", &title, error), now).await
}

/// Tells that a job was paused since its schedule cannot be read, and its tick failed.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unreadable(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let title = format!("{} is paused: its schedule cannot be read", job.job_type);
    failure(tx, job, run_id, ("unreadable", &title, error), now).await
}

/// Writes a failure of a kind, with its title and the error. While the job's last one of the kind
/// stands, counts that one up instead.
async fn failure(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    (kind, title, error): (&str, &str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into notifications
               (organization_id, brand_id, scheduled_job_id, run_id, kind, severity, title, body,
                created_at, last_occurred_at, deliver_after)
        select $1, $2, $3, $4, $9, 'error', $5, $6, $7, $7,
               greatest($7, max(n.deliver_after) + make_interval(secs => $8))
          from notifications n
         where n.scheduled_job_id = $3 and n.kind = $9
        on conflict (scheduled_job_id, kind)
             where kind in ('dead_letter', 'unreadable') and recovered_at is null
        do update set occurrences = notifications.occurrences + 1, last_occurred_at = $7
        "#,
        job.organization_id.map(|id| id.0),
        job.brand_id.map(|id| id.0),
        job.id.0,
        run_id.0,
        title,
        error,
        now,
        AT_MOST_EVERY.as_seconds_f64(),
        kind,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the job's standing failures, when there are some. One that people were told of is
/// followed by the news that it is over; one that still waited is withdrawn.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn recovered(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with ended as (
            update notifications
               set recovered_at = $3,
                   deliver_after = case when deliver_after <= $3 then deliver_after end
             where scheduled_job_id = $1 and kind in ('dead_letter', 'unreadable')
               and recovered_at is null
            returning organization_id, brand_id, created_at, occurrences, deliver_after
        )
        insert into notifications
               (organization_id, brand_id, scheduled_job_id, run_id, kind, severity, title, body,
                created_at, last_occurred_at, deliver_after)
        select organization_id, brand_id, $1, $2, 'recovered', 'info', $4,
               format('It had failed %s since %s.',
                      case occurrences when 1 then 'once' else occurrences || ' times' end,
                      to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
               $3, $3, $3
          from ended
         where deliver_after is not null
        on conflict (run_id, kind) do nothing
        "#,
        job.id.0,
        run_id.0,
        now,
        format!("{} works again", job.job_type),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
