//! Rows of `ledger_hours` and what hangs on them: what became of the fire times of each hour.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Scope, Tx,
    runs::verdicts::{CLOCKS_DIFFER_MAX, Verdicts},
};
use crate::domain::{OrganizationId, RunStatus};

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
                            where h.hour = hour.hour and (h.is_final or h.counted_at >= $3))
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

/// What is kept no longer.
#[derive(Clone, Copy, Debug)]
pub struct Forget {
    /// Verdicts of earlier hours.
    pub verdicts_before: DateTime<Utc>,
    /// Earlier hours, and what was counted of them.
    pub hours_before: DateTime<Utc>,
}

/// Keeps the counts of an hour in the place of earlier ones, counts its attempts, and forgets what is old.
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
    // First, so that of two that count the same hour one waits for the other, and takes its place.
    sqlx::query!(
        r#"
        insert into ledger_hours (hour, counted_at, is_final) values ($1, $2, $3)
        on conflict (hour) do update set counted_at = excluded.counted_at, is_final = excluded.is_final
        "#,
        hour,
        counted_at,
        is_final
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from ledger_hour_verdicts where hour = $1 or hour < $2",
        hour,
        forget.verdicts_before
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from ledger_hour_totals where hour = $1 or hour < $2",
        hour,
        forget.verdicts_before
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from ledger_hours where hour < $1",
        forget.hours_before
    )
    .execute(&mut **tx)
    .await?;
    count_attempts(tx, hour).await?;
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

async fn count_attempts(tx: &mut Tx, hour: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("delete from ledger_quarters where hour = $1", hour)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        r#"
        insert into ledger_quarters (hour, quarter, status, attempts)
        select $1, date_bin('15 minutes', r.scheduled_for, '2000-01-01 00:00:00+00') as quarter, r.status, count(*)
          from scheduled_job_runs r
         where r.scheduled_for >= $1 and r.scheduled_for < $1 + interval '1 hour'
           and (r.created_at >= $2 or r.reason = 'requested')
         group by quarter, r.status
        "#,
        hour,
        hour - CLOCKS_DIFFER_MAX,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The beginning of the first hour in `since..until` that is not counted; `until` when all are.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn first_uncounted(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar!(
        r#"
        select coalesce(min(hour), $2) as "hour!"
          from generate_series(date_bin('1 hour', $1, '2000-01-01 00:00:00+00'), $2::timestamptz - interval '1 microsecond',
                               interval '1 hour') hour
         where not exists (select from ledger_hours counted where counted.hour = hour.hour)
        "#,
        since,
        until,
    )
    .fetch_one(&mut **tx)
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

/// The verdicts of the hours that begin in `since..until`, and how many of these hours are counted.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn counted(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<(Vec<(String, i64)>, i64)> {
    let hours = sqlx::query_scalar!(
        r#"select count(*) as "count!" from ledger_hours where hour >= $1 and hour < $2"#,
        since,
        until
    )
    .fetch_one(&mut **tx)
    .await?;
    let verdicts = match tx.scope() {
        Scope::Installation => totals(tx, since, until).await?,
        Scope::Organization(_) => own(tx, since, until).await?,
    };
    Ok((verdicts, hours))
}

/// Of all organizations.
async fn totals(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, i64)>> {
    let verdicts = sqlx::query!(
        r#"
        select verdict, sum(fire_times)::bigint as "fire_times!"
          from ledger_hour_totals
         where hour >= $1 and hour < $2
         group by verdict
         order by verdict
        "#,
        since,
        until,
    )
    .fetch_all(&mut **tx)
    .await?;
    let verdicts = verdicts.into_iter();
    Ok(verdicts.map(|row| (row.verdict, row.fire_times)).collect())
}

/// Of the organization within whose scope the transaction is.
async fn own(
    tx: &mut Tx,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, i64)>> {
    let verdicts = sqlx::query!(
        r#"
        select verdict, sum(fire_times)::bigint as "fire_times!"
          from ledger_hour_verdicts
         where hour >= $1 and hour < $2
         group by verdict
         order by verdict
        "#,
        since,
        until,
    )
    .fetch_all(&mut **tx)
    .await?;
    let verdicts = verdicts.into_iter();
    Ok(verdicts.map(|row| (row.verdict, row.fire_times)).collect())
}
