//! Rows of `meta_campaigns`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Owner;
use crate::store::Tx;

/// A campaign as Meta tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// `ACTIVE`, `PAUSED`, …
    pub status: Option<String>,
    /// Its objective.
    pub objective: Option<String>,
    /// Budget per day, in the account's currency.
    pub daily_budget: Option<Decimal>,
    /// Budget for all of its time, in the account's currency.
    pub lifetime_budget: Option<Decimal>,
}

/// Campaigns with numbers read since `began` that were not looked up since then, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn to_look_up(
    tx: &mut Tx,
    owner: &Owner,
    began: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct a.meta_campaign_id as "id!"
          from meta_ads a
          left join meta_campaigns c on (c.meta_ad_account_id, c.meta_campaign_id) = (a.meta_ad_account_id, a.meta_campaign_id)
         where a.brand_id = $1 and a.meta_ad_account_id = $2 and a.numbers_read_at >= $3
           and a.meta_campaign_id ~ '^[0-9]{1,32}$'
           and (c.synced_at is null or c.synced_at < $3)
         order by 1
         limit $4
        "#,
        owner.brand_id.0,
        owner.account,
        began,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Writes what was looked up; a campaign that Meta did not tell of has its id only. What is known is never
/// overwritten by nothing.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn upsert(
    tx: &mut Tx,
    owner: &Owner,
    campaigns: &[Campaign],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let text = |of: fn(&Campaign) -> &Option<String>| -> Vec<Option<&str>> {
        campaigns.iter().map(|it| of(it).as_deref()).collect()
    };
    let ids: Vec<&str> = campaigns.iter().map(|it| it.id.as_str()).collect();
    let daily: Vec<Option<Decimal>> = campaigns.iter().map(|it| it.daily_budget).collect();
    let lifetime: Vec<Option<Decimal>> = campaigns.iter().map(|it| it.lifetime_budget).collect();
    sqlx::query!(
        r#"
        insert into meta_campaigns as c
               (organization_id, brand_id, meta_ad_account_id, synced_at,
                meta_campaign_id, name, status, objective, daily_budget, lifetime_budget)
        select $1, $2, $3, $4, u.*
          from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::numeric[], $10::numeric[]) as u
        on conflict (meta_ad_account_id, meta_campaign_id) do update
           set synced_at = excluded.synced_at,
               name = coalesce(excluded.name, c.name),
               status = coalesce(excluded.status, c.status),
               objective = coalesce(excluded.objective, c.objective),
               -- A budget that is gone has moved to the ad sets, where the campaign is known at all.
               daily_budget = case when excluded.status is null then c.daily_budget else excluded.daily_budget end,
               lifetime_budget = case when excluded.status is null then c.lifetime_budget else excluded.lifetime_budget end
         where c.brand_id = excluded.brand_id
        "#,
        owner.organization_id.0,
        owner.brand_id.0,
        owner.account,
        now,
        &ids as &[&str],
        &text(|it| &it.name) as &[Option<&str>],
        &text(|it| &it.status) as &[Option<&str>],
        &text(|it| &it.objective) as &[Option<&str>],
        &daily as &[Option<Decimal>],
        &lifetime as &[Option<Decimal>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
