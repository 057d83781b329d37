//! Rows of `meta_ads_demographic_performance`: an ad's day, by who saw it and where.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Owner;
use crate::{
    domain::{
        performance::{Dimensions, Performance},
        slices::Kind,
    },
    store::Tx,
};

/// Writes rows, each once per ad, day and part of it; a later reading replaces an earlier one. Returns how many were
/// written: rows of an ad that another brand has are not.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
#[expect(
    clippy::too_many_lines,
    reason = "one statement, and a line for each of its columns"
)]
pub async fn upsert(
    tx: &mut Tx,
    owner: &Owner,
    kind: Kind,
    rows: &[(Performance, Dimensions)],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let text = |of: fn(&Dimensions) -> &String| -> Vec<&str> {
        rows.iter()
            .map(|(_, dimensions)| of(dimensions).as_str())
            .collect()
    };
    let count = |of: fn(&Performance) -> Option<i32>| -> Vec<Option<i32>> {
        rows.iter().map(|(numbers, _)| of(numbers)).collect()
    };
    let decimal = |of: fn(&Performance) -> Option<Decimal>| -> Vec<Option<Decimal>> {
        rows.iter().map(|(numbers, _)| of(numbers)).collect()
    };
    let ads: Vec<&str> = rows
        .iter()
        .map(|(numbers, _)| numbers.ad.as_str())
        .collect();
    let names: Vec<Option<&str>> = rows
        .iter()
        .map(|(numbers, _)| numbers.ad_name.as_deref())
        .collect();
    let dates: Vec<_> = rows.iter().map(|(numbers, _)| numbers.date).collect();
    let done = sqlx::query!(
        r#"
        insert into meta_ads_demographic_performance as p
               (organization_id, brand_id, meta_ad_account_id, breakdown_type, fetched_at,
                meta_ad_id, date, ad_name, age_range, gender, publisher_platform, platform_position,
                spend, link_ctr, purchase_value, roas,
                impressions, reach, link_clicks, purchases, add_to_carts, video_views)
        select $1, $2, $3, $4, $5, u.*
          from unnest($6::text[], $7::date[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
                      $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[],
                      $17::int[], $18::int[], $19::int[], $20::int[], $21::int[], $22::int[]) as u
        on conflict (meta_ad_id, date, breakdown_type, age_range, gender, publisher_platform, platform_position)
        do update
           set fetched_at = excluded.fetched_at,
               ad_name = coalesce(excluded.ad_name, p.ad_name),
               spend = excluded.spend,
               link_ctr = excluded.link_ctr,
               purchase_value = excluded.purchase_value,
               roas = excluded.roas,
               impressions = excluded.impressions,
               reach = excluded.reach,
               link_clicks = excluded.link_clicks,
               purchases = excluded.purchases,
               add_to_carts = excluded.add_to_carts,
               video_views = excluded.video_views
         where p.brand_id = excluded.brand_id
        "#,
        owner.organization_id.0,
        owner.brand_id.0,
        owner.account,
        kind.name(),
        now,
        &ads as &[&str],
        &dates,
        &names as &[Option<&str>],
        &text(|it| &it.age) as &[&str],
        &text(|it| &it.gender) as &[&str],
        &text(|it| &it.publisher_platform) as &[&str],
        &text(|it| &it.platform_position) as &[&str],
        &decimal(|it| it.spend) as &[Option<Decimal>],
        &decimal(|it| it.link_ctr) as &[Option<Decimal>],
        &decimal(|it| it.purchase_value) as &[Option<Decimal>],
        &decimal(|it| it.roas) as &[Option<Decimal>],
        &count(|it| it.impressions) as &[Option<i32>],
        &count(|it| it.reach) as &[Option<i32>],
        &count(|it| it.link_clicks) as &[Option<i32>],
        &count(|it| it.purchases) as &[Option<i32>],
        &count(|it| it.add_to_carts) as &[Option<i32>],
        &count(|it| it.video_views) as &[Option<i32>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
