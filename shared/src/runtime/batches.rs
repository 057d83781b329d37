//! Dead letters that are retried in bulk: so many a minute, until too many have failed again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::BatchId,
    store::{
        Database,
        jobs::ledger,
        retry_batches::{self, Standing},
        runs::dead::{self, Retry},
    },
};

/// Most batches looked at in one sweep; the next one follows within a minute.
const BATCHES_MAX: i64 = 20;
/// Most runs released in one sweep, over all batches: each costs a transaction.
const RELEASED_MAX: u64 = 600;
/// What counts as this minute. Shorter than one, since two sweeps are a minute apart, give or take.
const MINUTE: TimeDelta = TimeDelta::seconds(50);

/// Releases what the active batches may release now, each run in its own transaction, and ends
/// batches that are through or have met too many failures. Returns how many runs had their turn;
/// they are pending, for the sweep to send.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer. Runs released stay released.
pub async fn release_retries(db: &Database, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let mut tx = db.begin().await?;
    let batches = retry_batches::active(&mut tx, BATCHES_MAX).await?;
    tx.commit().await?;
    let mut released = 0;
    for batch in batches {
        while released < RELEASED_MAX && release_next(db, batch, now).await? {
            released += 1;
        }
    }
    Ok(released)
}

/// Releases one run, or ends the batch. `false`: there is nothing to release now.
async fn release_next(db: &Database, id: BatchId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let Some(standing) = retry_batches::lock(&mut tx, id, now, MINUTE).await? else {
        return Ok(false);
    };
    if let Some(ending) = ending(standing) {
        retry_batches::end(&mut tx, id, (ending, None), now).await?;
        tx.commit().await?;
        return Ok(false);
    }
    let (Some(run_id), Some(job_id)) = (standing.next, standing.next_job) else {
        return Ok(false);
    };
    if standing.released_lately >= i64::from(standing.rate_per_minute) {
        return Ok(false);
    }
    if standing.is_next_open {
        ledger::lock(&mut tx, job_id).await?;
        let by = format!("batch {id}");
        let (by, parameters) = (by.as_str(), None);
        dead::retry(
            &mut tx,
            Retry {
                run_id,
                by,
                parameters,
                now,
            },
        )
        .await?;
    }
    retry_batches::mark_released(&mut tx, id, run_id, now).await?;
    tx.commit().await?;
    Ok(true)
}

fn ending(at: Standing) -> Option<&'static str> {
    let most = at.stop_after_failures.map(i64::from);
    if at.next.is_none() {
        Some("done")
    } else if most.is_some_and(|most| at.failed >= most) {
        Some("stopped")
    } else {
        None
    }
}
