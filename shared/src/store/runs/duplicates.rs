//! Deliveries that found their work done or taken: counted in the row that they were about.
//!
//! The caller has locked the job. Nothing is written for an event that is about no row, as the
//! extra ones of a rule that fires more often than its schedule.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::{
    domain::{JobId, RunId},
    store::Tx,
};

/// Counts an event that came for a fire time with a verdict. The seconds of `time` do not matter.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_tick(tx: &mut Tx, job_id: JobId, time: DateTime<Utc>) -> sqlx::Result<()> {
    let Ok(minute) = time.duration_trunc(TimeDelta::minutes(1)) else {
        return Ok(());
    };
    sqlx::query!(
        "update scheduled_job_runs
            set duplicates = duplicates + 1
          where scheduled_job_id = $1 and scheduled_for = $2 and attempt_number = 1
            and origin = 'tick'",
        job_id.0,
        minute,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts a request for a run that began before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_run(tx: &mut Tx, id: RunId) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_job_runs set duplicates = duplicates + 1 where id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
