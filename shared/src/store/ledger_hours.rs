//! Rows of `ledger_hours` and what hangs on them: what became of the fire times of each hour.

mod attempts;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use attempts::{attempts_of_all_brands, keep_attempts, missing};

use super::{Scope, Tx, runs::prune};
use crate::domain::OrganizationId;

/// Fire times of an organization with one verdict; `None`: of jobs of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whose.
    pub organization_id: Option<OrganizationId>,
    /// As [`crate::domain::audit::Tally::verdicts`] names it.
    pub verdict: String,
    /// How many.
    pub fire_times: i64,
}

/// The newest `limit` hours that begin in `since..until` and are not counted, or were not final when they were
/// counted before `recount_before`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn uncounted(
    tx: &mut Tx,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    recount_before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"
        select hour as "hour!"
          from generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') as hour
         where not exists (select from ledger_hours h
                            where h.hour = hour.hour and h.is_complete and (h.is_final or h.counted_at >= $3))
         order by hour desc
         limit $4
        "#,
        since,
        until,
        recount_before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The first hour of which all rows are kept; `None`: there are none.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn first_kept(tx: &mut Tx) -> sqlx::Result<Option<DateTime<Utc>>> {
    let pruned_before = prune::pruned_before(tx).await?;
    sqlx::query_scalar!(
        r#"
        select date_bin('1 hour', greatest(min(created_at), $1::timestamptz + interval '1 hour'), 'epoch') as hour
          from scheduled_job_runs
        "#,
        pruned_before,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Makes hours from `since` on not final of which an attempt was made since they were counted, as by a late retry.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn reopen(tx: &mut Tx, since: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update ledger_hours h set is_final = false
          from (select date_bin('1 hour', scheduled_for, 'epoch') as hour, max(created_at) as created_at
                  from scheduled_job_runs
                 where created_at >= (select max(counted_at) - interval '10 minutes' from ledger_hours)
                   and scheduled_for < created_at - interval '1 hour'
                 group by 1) late
         where h.hour = late.hour and h.hour >= $1 and h.is_final and h.counted_at <= late.created_at
        "#,
        since,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is kept no longer.
#[derive(Clone, Copy, Debug)]
pub struct Forget {
    /// Verdicts of earlier hours.
    pub verdicts_before: DateTime<Utc>,
    /// Earlier hours, and what was counted of them.
    pub hours_before: DateTime<Utc>,
}

/// Keeps the counts of an hour in the place of earlier ones, counts its attempts, and forgets what is old. `is_final`: every
/// fire time has its last word.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn keep(
    tx: &mut Tx,
    hour: DateTime<Utc>,
    counts: &[Count],
    (counted_at, is_final): (DateTime<Utc>, bool),
    forget: Forget,
) -> sqlx::Result<()> {
    keep_attempts(tx, hour, (counted_at, is_final)).await?;
    for forgotten in [
        sqlx::query!(
            "delete from ledger_hour_verdicts where hour = $1 or hour < $2",
            hour,
            forget.verdicts_before
        ),
        sqlx::query!(
            "delete from ledger_hour_totals where hour = $1 or hour < $2",
            hour,
            forget.verdicts_before
        ),
    ] {
        forgotten.execute(&mut **tx).await?;
    }
    sqlx::query!(
        "delete from ledger_hours where hour < $1",
        forget.hours_before
    )
    .execute(&mut **tx)
    .await?;
    let organizations = counts.iter().map(|it| it.organization_id.map(|id| id.0));
    let organizations: Vec<Option<Uuid>> = organizations.collect();
    let verdicts: Vec<&str> = counts.iter().map(|it| it.verdict.as_str()).collect();
    let fire_times: Vec<i64> = counts.iter().map(|it| it.fire_times).collect();
    sqlx::query!(
        r#"
        with counts as (
            insert into ledger_hour_verdicts (hour, organization_id, verdict, fire_times)
            select $1, u.* from unnest($2::uuid[], $3::text[], $4::bigint[]) as u
            returning verdict, fire_times)
        insert into ledger_hour_totals (hour, verdict, fire_times)
        select $1, verdict, sum(fire_times) from counts group by verdict
        "#,
        hour,
        &organizations as &[Option<Uuid>],
        &verdicts as &[&str],
        &fire_times,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Fire times with one verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// As [`crate::domain::audit::Tally::counts`] names it.
    pub verdict: String,
    /// How many.
    pub fire_times: i64,
}

/// The verdicts of the hours that begin in `since..until`, those of all that the transaction's scope may see, and how many
/// of these hours are counted.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn counted(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<(Vec<Counted>, i64)> {
    let hours = sqlx::query_scalar!(
        r#"select count(*) as "count!" from ledger_hours where hour >= $1 and hour < $2 and is_complete"#,
        since,
        until
    )
    .fetch_one(&mut **tx)
    .await?;
    let of_all = sqlx::query_as!(
        Counted,
        r#"
        select verdict, sum(fire_times)::bigint as "fire_times!" from ledger_hour_totals
         where hour >= $1 and hour < $2 group by verdict order by verdict
        "#,
        since,
        until,
    );
    let of_organization = sqlx::query_as!(
        Counted,
        r#"
        select verdict, sum(fire_times)::bigint as "fire_times!" from ledger_hour_verdicts
         where hour >= $1 and hour < $2 group by verdict order by verdict
        "#,
        since,
        until,
    );
    let verdicts = match tx.scope() {
        Scope::Installation => of_all.fetch_all(&mut **tx).await?,
        Scope::Organization(_) => of_organization.fetch_all(&mut **tx).await?,
    };
    Ok((verdicts, hours))
}
