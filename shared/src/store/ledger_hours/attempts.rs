//! Rows of `ledger_quarters`: how many attempts of each hour stand in which way, of all organizations together.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::RunStatus,
    store::{
        Tx,
        jobs::Owners,
        runs::verdicts::{self, Counting, Verdicts},
    },
};

/// Counts the attempts of an hour alone, in the place of earlier counts. The hour is final if `is_final` and no attempt
/// of it, of whatever origin, waits or is at work.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn keep_attempts(
    tx: &mut Tx,
    hour: DateTime<Utc>,
    (counted_at, is_final): (DateTime<Utc>, bool),
) -> sqlx::Result<()> {
    // First, so that of two that count the same hour one waits for the other, and takes its place.
    sqlx::query!(
        r#"
        insert into ledger_hours (hour, counted_at, is_final, is_complete) values ($1, $2, $3, true)
        on conflict (hour) do update
           set counted_at = excluded.counted_at, is_final = excluded.is_final, is_complete = true
        "#,
        hour,
        counted_at,
        is_final
    )
    .execute(&mut **tx)
    .await?;
    if count_attempts(tx, hour).await? {
        return Ok(());
    }
    sqlx::query!(
        "update ledger_hours set is_final = false where hour = $1",
        hour
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether each attempt has come to its end.
async fn count_attempts(tx: &mut Tx, hour: DateTime<Utc>) -> sqlx::Result<bool> {
    let counting = Counting {
        since: hour,
        until: hour + TimeDelta::hours(1),
        job_id: None,
        owners: Owners::default(),
        most: i64::MAX,
    };
    let counted = verdicts::of_all_brands(tx, counting).await?;
    let quarters: Vec<DateTime<Utc>> = counted.iter().map(|it| it.at).collect();
    let statuses: Vec<&str> = counted.iter().map(|it| it.status.name()).collect();
    let attempts: Vec<i64> = counted.iter().map(|it| it.runs).collect();
    sqlx::query!("delete from ledger_quarters where hour = $1", hour)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        r#"
        insert into ledger_quarters (hour, quarter, status, attempts)
        select $1, counted.* from unnest($2::timestamptz[], $3::text[], $4::bigint[]) as counted
        "#,
        hour,
        &quarters,
        &statuses as &[&str],
        &attempts,
    )
    .execute(&mut **tx)
    .await?;
    let is_settled = |it: &Verdicts| !matches!(it.status, RunStatus::Pending | RunStatus::Running);
    Ok(counted.iter().all(is_settled))
}

/// The hours with a part in `since..until` that are not counted, in their order.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn missing(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"
        select hour as "hour!"
          from generate_series(date_bin('1 hour', $1, 'epoch'), $2::timestamptz - interval '1 microsecond', interval '1 hour') hour
        except
        select hour from ledger_hours where hour > $1 - interval '1 hour' and hour < $2 and is_complete
         order by 1
        "#,
        since,
        until,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The attempts of all organizations in the quarters that begin in `since..until`, as far as their hours are counted, in the
/// order of their times.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or within the scope of an organization.
pub async fn attempts_of_all_brands(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<Verdicts>> {
    sqlx::query_as!(
        Verdicts,
        r#"
        select quarter as at, status as "status: RunStatus", attempts as runs
          from ledger_quarters
         where hour > $1::timestamptz - interval '1 hour' and hour < $2 and quarter >= $1 and quarter < $2
         order by quarter, status
        "#,
        since,
        until,
    )
    .fetch_all(&mut **tx)
    .await
}
