//! Rows of `ledger_hours` and `ledger_hour_verdicts`: what became of the fire times of each hour.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Tx;
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

/// Keeps the counts of an hour in the place of earlier ones, and forgets hours before `forget_before`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn keep(
    tx: &mut Tx,
    hour: DateTime<Utc>,
    counts: &[Count],
    (counted_at, is_final): (DateTime<Utc>, bool),
    forget_before: DateTime<Utc>,
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
    sqlx::query!("delete from ledger_hour_verdicts where hour = $1", hour)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("delete from ledger_hours where hour < $1", forget_before)
        .execute(&mut **tx)
        .await?;
    let organizations = counts.iter().map(|it| it.organization_id.map(|id| id.0));
    let organizations: Vec<Option<Uuid>> = organizations.collect();
    let verdicts: Vec<&str> = counts.iter().map(|it| it.verdict.as_str()).collect();
    let fire_times: Vec<i64> = counts.iter().map(|it| it.fire_times).collect();
    sqlx::query!(
        r#"
        insert into ledger_hour_verdicts (hour, organization_id, verdict, fire_times)
        select $1, u.* from unnest($2::uuid[], $3::text[], $4::bigint[]) as u
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
    Ok((
        verdicts.map(|row| (row.verdict, row.fire_times)).collect(),
        hours,
    ))
}
