//! Rows of `meta_ads`: the ads themselves.

use chrono::{DateTime, NaiveDate, Utc};

use super::Owner;
use crate::store::Tx;

/// An ad as Meta lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ad {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `ACTIVE`, `ADSET_PAUSED`, …
    pub status: Option<String>,
    /// Its ad set.
    pub adset: Option<String>,
    /// Its campaign.
    pub campaign: Option<String>,
    /// What it shows.
    pub creative: Option<String>,
}

/// Takes in the ads with numbers on a day that were read since `began` and are not known yet.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn register(
    tx: &mut Tx,
    owner: &Owner,
    date: NaiveDate,
    began: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into meta_ads
               (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_adset_id, meta_campaign_id, name,
                newest_date, numbers_read_at)
        select p.organization_id, p.brand_id, p.meta_ad_account_id, p.meta_ad_id, p.meta_adset_id,
               nullif(p.meta_campaign_id, ''), p.ad_name, p.date, p.fetched_at
          from meta_ads_performance p
         where p.brand_id = $1 and p.meta_ad_account_id = $2 and p.date = $3 and p.fetched_at >= $4
           -- One look into the index for each: most are known, and a conflict costs five times as much. The offset keeps
           -- Postgres from joining, which, planned before a new account's tables have statistics, may compare each ad
           -- with each.
           and not exists (select from meta_ads a
                            where a.meta_ad_account_id = $2 and a.meta_ad_id = p.meta_ad_id
                           offset 0)
         order by p.meta_ad_id
        on conflict (meta_ad_account_id, meta_ad_id) do nothing
        "#,
        owner.brand_id.0,
        owner.account,
        date,
        began,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Notes for the ads with numbers from `first` to `last` that were read since `began` when that was, and what the
/// newest of these days says of them.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn renew(
    tx: &mut Tx,
    owner: &Owner,
    (first, last): (NaiveDate, NaiveDate),
    began: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into meta_ads as a
               (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_adset_id, meta_campaign_id, name,
                newest_date, numbers_read_at)
        select p.organization_id, p.brand_id, p.meta_ad_account_id, p.meta_ad_id, p.meta_adset_id,
               nullif(p.meta_campaign_id, ''), p.ad_name, p.date, p.fetched_at
          from (
               select meta_ad_id, max(date) as date
                 from meta_ads_performance
                where brand_id = $1 and meta_ad_account_id = $2 and date between $3 and $4 and fetched_at >= $5
                group by meta_ad_id
               ) newest
         cross join lateral (
               select * from meta_ads_performance p where p.meta_ad_id = newest.meta_ad_id and p.date = newest.date offset 0
               ) p
         -- Most know it already, and are not looked at further. The offsets are there as in `register`.
         where not exists (select from meta_ads a
                            where a.meta_ad_account_id = $2 and a.meta_ad_id = newest.meta_ad_id
                              and a.numbers_read_at >= $5 and a.newest_date >= newest.date
                           offset 0)
         order by p.meta_ad_id
        on conflict (meta_ad_account_id, meta_ad_id) do update
           set meta_adset_id = case when excluded.newest_date >= a.newest_date is not false
                                    then coalesce(excluded.meta_adset_id, a.meta_adset_id) else a.meta_adset_id end,
               meta_campaign_id = case when excluded.newest_date >= a.newest_date is not false
                                       then coalesce(excluded.meta_campaign_id, a.meta_campaign_id) else a.meta_campaign_id end,
               name = case when excluded.newest_date >= a.newest_date is not false
                           then coalesce(excluded.name, a.name) else a.name end,
               newest_date = greatest(excluded.newest_date, a.newest_date),
               numbers_read_at = greatest(excluded.numbers_read_at, a.numbers_read_at)
         where a.brand_id = excluded.brand_id
           and ((a.numbers_read_at >= $5) is not true or (a.newest_date >= excluded.newest_date) is not true)
        "#,
        owner.brand_id.0,
        owner.account,
        first,
        last,
        began,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// How many ads have numbers that were read since `began`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn count(tx: &mut Tx, owner: &Owner, began: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from meta_ads
         where brand_id = $1 and meta_ad_account_id = $2 and numbers_read_at >= $3
        "#,
        owner.brand_id.0,
        owner.account,
        began,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Ads with numbers read since `began` whose status was not read since then: how many, and the first `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn without_status(
    tx: &mut Tx,
    owner: &Owner,
    began: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<(i64, Vec<String>)> {
    let rows = sqlx::query!(
        r#"
        select meta_ad_id, count(*) over () as "total!"
          from meta_ads
         where brand_id = $1 and meta_ad_account_id = $2 and numbers_read_at >= $3
           and (status_read_at is null or status_read_at < $3)
         order by meta_ad_id
         limit $4
        "#,
        owner.brand_id.0,
        owner.account,
        began,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok((total, rows.into_iter().map(|row| row.meta_ad_id).collect()))
}

/// Writes what Meta lists of ads, new ones included. What is known is never overwritten by nothing; another
/// creative makes the ad's looks unknown.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn upsert(
    tx: &mut Tx,
    owner: &Owner,
    ads: &[Ad],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let text = |of: fn(&Ad) -> &Option<String>| -> Vec<Option<&str>> {
        ads.iter().map(|it| of(it).as_deref()).collect()
    };
    let ids: Vec<&str> = ads.iter().map(|it| it.id.as_str()).collect();
    sqlx::query!(
        r#"
        insert into meta_ads as a
               (organization_id, brand_id, meta_ad_account_id, status_read_at,
                meta_ad_id, name, effective_status, meta_adset_id, meta_campaign_id, creative_id)
        select $1, $2, $3, $4, u.*
          from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[]) as u (ad)
         order by u.ad
        on conflict (meta_ad_account_id, meta_ad_id) do update
           set status_read_at = excluded.status_read_at,
               name = coalesce(excluded.name, a.name),
               effective_status = coalesce(excluded.effective_status, a.effective_status),
               meta_adset_id = coalesce(excluded.meta_adset_id, a.meta_adset_id),
               meta_campaign_id = coalesce(excluded.meta_campaign_id, a.meta_campaign_id),
               creative_id = coalesce(excluded.creative_id, a.creative_id),
               creative_read_at = case when excluded.creative_id <> a.creative_id then null else a.creative_read_at end,
               destination_is_stale = a.destination_is_stale or coalesce(excluded.creative_id <> a.creative_id, false)
         where a.brand_id = excluded.brand_id
        "#,
        owner.organization_id.0,
        owner.brand_id.0,
        owner.account,
        now,
        &ids as &[&str],
        &text(|it| &it.name) as &[Option<&str>],
        &text(|it| &it.status) as &[Option<&str>],
        &text(|it| &it.adset) as &[Option<&str>],
        &text(|it| &it.campaign) as &[Option<&str>],
        &text(|it| &it.creative) as &[Option<&str>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that Meta was asked about these ads and did not know them.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn status_unknown(
    tx: &mut Tx,
    owner: &Owner,
    ads: &[&str],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update meta_ads set status_read_at = $4
         where brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id = any ($3)
        "#,
        owner.brand_id.0,
        owner.account,
        ads as &[&str],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
