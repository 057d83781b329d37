//! Rows of `meta_ads_performance`: what each ad did on each day.

mod columns;
mod fresh;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use sqlx::types::Json;

use super::Owner;
use crate::{domain::performance::Performance, store::Tx};
use columns::Columns;
pub use fresh::Fresh;

/// When rows were read, and what of them is missing.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// When.
    pub now: DateTime<Utc>,
    /// Today in the account's time zone: its numbers are not complete.
    pub today: NaiveDate,
    /// Since when rows belong to the same sync: only what all its readings lack stays marked as missing.
    pub sync_began: DateTime<Utc>,
    /// Fields that were not asked for, as Meta cannot answer with them. What they feed is left as it was.
    pub missing: &'a [String],
}

/// Writes rows, each once per ad and day; a later reading replaces an earlier one. Names are never
/// overwritten by nothing. Returns how many were written: rows of an ad that another brand has are not.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn upsert(
    tx: &mut Tx,
    owner: &Owner,
    rows: &[Performance],
    reading: Reading<'_>,
) -> sqlx::Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let columns = Columns::of(rows);
    let done = write(tx, owner, &columns, reading).await?;
    if !reading.missing.is_empty() {
        derive_anew(tx, owner, &columns).await?;
    }
    Ok(done)
}

#[expect(
    clippy::too_many_lines,
    reason = "one statement, and a line for each of its columns"
)]
async fn write(
    tx: &mut Tx,
    owner: &Owner,
    columns: &Columns<'_>,
    reading: Reading<'_>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into meta_ads_performance as p
              (
               organization_id, brand_id, meta_ad_account_id, fetched_at, is_provisional, incomplete_fields,
               meta_ad_id, date, meta_adset_id, meta_campaign_id, ad_name, adset_name, campaign_name, spend,
               frequency, cpm, link_ctr, link_cpc, cost_per_add_to_cart, cost_per_initiate_checkout,
               purchase_value, roas, video_avg_watch_time, conversion_rate, hold_rate, hook_rate,
               impressions, reach, link_clicks, add_to_carts, initiate_checkouts, landing_page_views,
               content_views, purchases, video_views, video_p25_watched, video_p50_watched,
               video_p75_watched, video_p95_watched, video_p100_watched, video_thruplay, raw_actions,
               raw_costs, action_values)
        select $1, $2, $3, $4, date >= $5, $7, u.*
          -- In the select list, where Postgres takes the lists member by member; in `from` it would first copy each.
          from (select
                unnest($8::text[]) as meta_ad_id, unnest($9::date[]) as date, unnest($10::text[]) as meta_adset_id,
                unnest($11::text[]) as meta_campaign_id, unnest($12::text[]) as ad_name,
                unnest($13::text[]) as adset_name, unnest($14::text[]) as campaign_name,
                unnest($15::numeric[]) as spend, unnest($16::numeric[]) as frequency, unnest($17::numeric[]) as cpm,
                unnest($18::numeric[]) as link_ctr, unnest($19::numeric[]) as link_cpc,
                unnest($20::numeric[]) as cost_per_add_to_cart, unnest($21::numeric[]) as cost_per_initiate_checkout,
                unnest($22::numeric[]) as purchase_value, unnest($23::numeric[]) as roas,
                unnest($24::numeric[]) as video_avg_watch_time, unnest($25::numeric[]) as conversion_rate,
                unnest($26::numeric[]) as hold_rate, unnest($27::numeric[]) as hook_rate,
                unnest($28::int[]) as impressions, unnest($29::int[]) as reach, unnest($30::int[]) as link_clicks,
                unnest($31::int[]) as add_to_carts, unnest($32::int[]) as initiate_checkouts,
                unnest($33::int[]) as landing_page_views, unnest($34::int[]) as content_views,
                unnest($35::int[]) as purchases, unnest($36::int[]) as video_views,
                unnest($37::int[]) as video_p25_watched, unnest($38::int[]) as video_p50_watched,
                unnest($39::int[]) as video_p75_watched, unnest($40::int[]) as video_p95_watched,
                unnest($41::int[]) as video_p100_watched, unnest($42::int[]) as video_thruplay,
                unnest($43::jsonb[]) as raw_actions, unnest($44::jsonb[]) as raw_costs,
                unnest($45::jsonb[]) as action_values
               ) u
        on conflict (meta_ad_id, date) do update
           set fetched_at = excluded.fetched_at,
               is_provisional = excluded.is_provisional,
               incomplete_fields = case
                   when excluded.incomplete_fields = '{}' or p.fetched_at < $6 then excluded.incomplete_fields
                   else array(select unnest(p.incomplete_fields) intersect select unnest(excluded.incomplete_fields))
               end,
               meta_adset_id = coalesce(excluded.meta_adset_id, p.meta_adset_id),
               meta_campaign_id = coalesce(nullif(excluded.meta_campaign_id, ''), p.meta_campaign_id),
               ad_name = coalesce(excluded.ad_name, p.ad_name),
               adset_name = coalesce(excluded.adset_name, p.adset_name),
               campaign_name = coalesce(excluded.campaign_name, p.campaign_name),
               spend = case when 'spend' = any ($7) then p.spend else excluded.spend end,
               frequency = case when 'frequency' = any ($7) then p.frequency else excluded.frequency end,
               cpm = case when 'cpm' = any ($7) then p.cpm else excluded.cpm end,
               link_ctr = case when 'outbound_clicks_ctr' = any ($7) then p.link_ctr else excluded.link_ctr end,
               link_cpc = case when 'cost_per_outbound_click' = any ($7) then p.link_cpc else excluded.link_cpc end,
               cost_per_add_to_cart = case when 'cost_per_action_type' = any ($7) then p.cost_per_add_to_cart else excluded.cost_per_add_to_cart end,
               cost_per_initiate_checkout = case when 'cost_per_action_type' = any ($7) then p.cost_per_initiate_checkout else excluded.cost_per_initiate_checkout end,
               purchase_value = case when 'action_values' = any ($7) then p.purchase_value else excluded.purchase_value end,
               roas = case when 'purchase_roas' = any ($7) then p.roas else excluded.roas end,
               video_avg_watch_time = case when 'video_avg_time_watched_actions' = any ($7) then p.video_avg_watch_time else excluded.video_avg_watch_time end,
               conversion_rate = case when '{actions,outbound_clicks}' && $7 then p.conversion_rate else excluded.conversion_rate end,
               hold_rate = case when '{actions,video_thruplay_watched_actions}' && $7 then p.hold_rate else excluded.hold_rate end,
               hook_rate = case when '{actions,impressions}' && $7 then p.hook_rate else excluded.hook_rate end,
               impressions = case when 'impressions' = any ($7) then p.impressions else excluded.impressions end,
               reach = case when 'reach' = any ($7) then p.reach else excluded.reach end,
               link_clicks = case when 'outbound_clicks' = any ($7) then p.link_clicks else excluded.link_clicks end,
               add_to_carts = case when 'actions' = any ($7) then p.add_to_carts else excluded.add_to_carts end,
               initiate_checkouts = case when 'actions' = any ($7) then p.initiate_checkouts else excluded.initiate_checkouts end,
               landing_page_views = case when 'actions' = any ($7) then p.landing_page_views else excluded.landing_page_views end,
               content_views = case when 'actions' = any ($7) then p.content_views else excluded.content_views end,
               purchases = case when 'actions' = any ($7) then p.purchases else excluded.purchases end,
               video_views = case when 'actions' = any ($7) then p.video_views else excluded.video_views end,
               video_p25_watched = case when 'video_p25_watched_actions' = any ($7) then p.video_p25_watched else excluded.video_p25_watched end,
               video_p50_watched = case when 'video_p50_watched_actions' = any ($7) then p.video_p50_watched else excluded.video_p50_watched end,
               video_p75_watched = case when 'video_p75_watched_actions' = any ($7) then p.video_p75_watched else excluded.video_p75_watched end,
               video_p95_watched = case when 'video_p95_watched_actions' = any ($7) then p.video_p95_watched else excluded.video_p95_watched end,
               video_p100_watched = case when 'video_p100_watched_actions' = any ($7) then p.video_p100_watched else excluded.video_p100_watched end,
               video_thruplay = case when 'video_thruplay_watched_actions' = any ($7) then p.video_thruplay else excluded.video_thruplay end,
               raw_actions = case when 'actions' = any ($7) then p.raw_actions else excluded.raw_actions end,
               raw_costs = case when 'cost_per_action_type' = any ($7) then p.raw_costs else excluded.raw_costs end,
               action_values = case when 'action_values' = any ($7) then p.action_values else excluded.action_values end
         where p.brand_id = excluded.brand_id
        "#,
        owner.organization_id.0,
        owner.brand_id.0,
        owner.account,
        reading.now,
        reading.today,
        reading.sync_began,
        reading.missing,
        &columns.ad as &[&str],
        &columns.date,
        &columns.adset as &[Option<&str>],
        &columns.campaign as &[&str],
        &columns.ad_name as &[Option<&str>],
        &columns.adset_name as &[Option<&str>],
        &columns.campaign_name as &[Option<&str>],
        &columns.spend as &[Option<Decimal>],
        &columns.frequency as &[Option<Decimal>],
        &columns.cpm as &[Option<Decimal>],
        &columns.link_ctr as &[Option<Decimal>],
        &columns.link_cpc as &[Option<Decimal>],
        &columns.cost_per_add_to_cart as &[Option<Decimal>],
        &columns.cost_per_checkout as &[Option<Decimal>],
        &columns.purchase_value as &[Option<Decimal>],
        &columns.roas as &[Option<Decimal>],
        &columns.watch_time as &[Option<Decimal>],
        &columns.conversion_rate as &[Option<Decimal>],
        &columns.hold_rate as &[Option<Decimal>],
        &columns.hook_rate as &[Option<Decimal>],
        &columns.impressions as &[Option<i32>],
        &columns.reach as &[Option<i32>],
        &columns.link_clicks as &[Option<i32>],
        &columns.add_to_carts as &[Option<i32>],
        &columns.checkouts as &[Option<i32>],
        &columns.landings as &[Option<i32>],
        &columns.contents as &[Option<i32>],
        &columns.purchases as &[Option<i32>],
        &columns.views as &[Option<i32>],
        &columns.p25 as &[Option<i32>],
        &columns.p50 as &[Option<i32>],
        &columns.p75 as &[Option<i32>],
        &columns.p95 as &[Option<i32>],
        &columns.p100 as &[Option<i32>],
        &columns.thruplay as &[Option<i32>],
        &columns.raw_actions as &[Option<Json<&RawValue>>],
        &columns.raw_costs as &[Option<Json<&RawValue>>],
        &columns.action_values as &[Option<Json<&RawValue>>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// What follows from several fields, where they came one by one. The same rules as in `domain/performance`.
async fn derive_anew(tx: &mut Tx, owner: &Owner, columns: &Columns<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update meta_ads_performance p
           set conversion_rate = round(p.purchases::numeric * 100 / nullif(greatest(p.link_clicks, 0), 0), 6),
               hold_rate = round(p.video_thruplay::numeric / nullif(greatest(p.video_views, 0), 0), 4),
               hook_rate = round(p.video_views::numeric / nullif(greatest(p.impressions, 0), 0), 4)
          from unnest($2::text[], $3::date[]) as u (ad, date)
         where p.brand_id = $1 and p.meta_ad_id = u.ad and p.date = u.date
        "#,
        owner.brand_id.0,
        &columns.ad as &[&str],
        &columns.date,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
