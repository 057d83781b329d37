//! Which days are complete.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::SyncId;
use crate::{
    domain::slices::Kind,
    store::{Tx, ads::Owner},
};

/// At which age in days each day of an account was read last.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn read_at_age(
    tx: &mut Tx,
    owner: &Owner,
    kind: Kind,
) -> sqlx::Result<BTreeMap<NaiveDate, i32>> {
    let rows = sqlx::query!(
        r#"
        select date, age_days from meta_sync_days
         where brand_id = $1 and meta_ad_account_id = $2 and kind = $3
        "#,
        owner.brand_id.0,
        owner.account,
        kind.name(),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.date, row.age_days))
        .collect())
}

/// Notes that a day is complete, when every slice of it is done. The day is as old as it was when the first of
/// them was planned: `planned_on`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn complete(
    tx: &mut Tx,
    (sync, owner): (SyncId, &Owner),
    (kind, date): (Kind, NaiveDate),
    planned_on: NaiveDate,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let age = i32::try_from((planned_on - date).num_days().max(0)).unwrap_or(i32::MAX);
    let done = sqlx::query!(
        r#"
        insert into meta_sync_days as d
               (organization_id, brand_id, meta_ad_account_id, kind, date, age_days, rows_stored, fetched_at)
        select $1, $2, $3, $4, $5, $6, coalesce(sum(rows_stored), 0), $7
          from meta_sync_slices
         where sync_run_id = $8 and kind = $4 and date = $5
        having bool_and(state in ('done', 'split'))
        on conflict (meta_ad_account_id, kind, date) do update
           set age_days = greatest(excluded.age_days, d.age_days),
               rows_stored = excluded.rows_stored,
               fetched_at = excluded.fetched_at
         where d.brand_id = excluded.brand_id
        "#,
        owner.organization_id.0,
        owner.brand_id.0,
        owner.account,
        kind.name(),
        date,
        age,
        now,
        sync.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The first and the last day of a kind of numbers that a sync has planned; `None`: it has planned none.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn planned(
    tx: &mut Tx,
    sync: SyncId,
    kind: Kind,
) -> sqlx::Result<Option<(NaiveDate, NaiveDate)>> {
    let row = sqlx::query!(
        "select min(date) as first, max(date) as last from meta_sync_slices where sync_run_id = $1 and kind = $2",
        sync.0,
        kind.name(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.first.zip(row.last))
}
