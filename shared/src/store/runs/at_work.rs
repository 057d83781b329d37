//! Runs that work or wait now, for people.

use chrono::{DateTime, Utc};

use super::read::{self, RunView};
use crate::{domain::RunId, store::Tx};

/// At most `limit` runs of every brand that are at work, the one that began first before the others.
///
/// # Errors
/// When the database does not answer.
pub async fn running_of_all_brands(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<RunView>> {
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where status = 'running'
         order by started_at, id
         limit $1
        "#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut runs = read::with_ids(tx, &ids).await?;
    runs.sort_by_key(|run| (run.started_at, run.id));
    Ok(runs)
}

/// At most `limit` runs of every brand whose time has come by `now` and that still wait, the one that
/// waits longest before the others.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting_of_all_brands(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<RunView>> {
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where status = 'pending' and run_after <= $1
         order by run_after, id
         limit $2
        "#,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut runs = read::with_ids(tx, &ids).await?;
    runs.sort_by_key(|run| (run.run_after, run.id));
    Ok(runs)
}
