//! What is said of a brand's ads, beside what they cost and brought. Of each ad, the newest classification counts.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    domain::{
        BrandId,
        baseline::{AdDay, Metric, per_ad},
        classification::{ALIGNED_MIN, Assessment, Dimension, Verdict},
    },
    store::Tx,
};

/// What ads cost and brought in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many ads.
    pub ads: i64,
    /// In the account's currency.
    pub spend: Decimal,
    /// How often they were shown.
    pub impressions: i64,
    /// Clicks that left Meta.
    pub link_clicks: i64,
    /// Purchases.
    pub purchases: i64,
    /// What was bought, in the account's currency.
    pub purchase_value: Decimal,
}

impl Sums {
    /// A ratio of these sums; `None` where there is nothing to divide by.
    #[must_use]
    pub fn figure(&self, metric: Metric) -> Option<Decimal> {
        let day = AdDay {
            spend: Some(self.spend),
            impressions: Some(self.impressions),
            link_clicks: Some(self.link_clicks),
            purchases: Some(self.purchases),
            purchase_value: Some(self.purchase_value),
            ..AdDay::default()
        };
        per_ad(&[day]).first()?.figure(metric)
    }
}

/// The ads of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSums {
    /// The hook; `None`: of these ads, it is not known.
    pub hook_type: Option<String>,
    /// What they cost and brought.
    pub sums: Sums,
}

/// What ads with each hook cost and brought, the costliest first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn hooks(
    tx: &mut Tx,
    brand: BrandId,
    window: &RangeInclusive<NaiveDate>,
) -> sqlx::Result<Vec<HookSums>> {
    let rows = sqlx::query!(
        r#"
        with newest as (
            select distinct on (meta_ad_id) meta_ad_id, hook_type
              from ad_creative_classifications
             where brand_id = $1
             order by meta_ad_id, classified_at desc, id desc),
        numbers as (
            select meta_ad_id, sum(spend) as spend, sum(impressions) as impressions, sum(link_clicks) as link_clicks,
                   sum(purchases) as purchases, sum(purchase_value) as purchase_value
              from meta_ads_performance
             where brand_id = $1 and date between $2 and $3
             group by meta_ad_id)
        select newest.hook_type, count(*) as "ads!", coalesce(sum(spend), 0) as "spend!",
               coalesce(sum(impressions), 0)::bigint as "impressions!",
               coalesce(sum(link_clicks), 0)::bigint as "link_clicks!",
               coalesce(sum(purchases), 0)::bigint as "purchases!",
               coalesce(sum(purchase_value), 0) as "purchase_value!"
          from newest
          left join numbers using (meta_ad_id)
         group by newest.hook_type
         order by 3 desc, newest.hook_type
        "#,
        brand.0,
        window.start(),
        window.end(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| HookSums {
        hook_type: row.hook_type,
        sums: Sums {
            ads: row.ads,
            spend: row.spend,
            impressions: row.impressions,
            link_clicks: row.link_clicks,
            purchases: row.purchases,
            purchase_value: row.purchase_value,
        },
    });
    Ok(rows.collect())
}

/// How many ads are of a kind, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<K> {
    /// The kind.
    pub of: K,
    /// How many ads.
    pub ads: i64,
    /// What they cost, in the account's currency.
    pub spend: Decimal,
}

/// How many ads fit the people they speak to, by the score of their levels. What no ad has is left out.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn verdicts(
    tx: &mut Tx,
    brand: BrandId,
    window: &RangeInclusive<NaiveDate>,
) -> sqlx::Result<Vec<Share<Verdict>>> {
    let rows = sqlx::query!(
        r#"
        with newest as (
            select distinct on (meta_ad_id) meta_ad_id,
                   case when congruence_score is null then 'unscored'
                        when congruence_score >= $4 then 'aligned' else 'misaligned' end as verdict
              from ad_creative_classifications
             where brand_id = $1
             order by meta_ad_id, classified_at desc, id desc),
        numbers as (
            select meta_ad_id, sum(spend) as spend
              from meta_ads_performance
             where brand_id = $1 and date between $2 and $3
             group by meta_ad_id)
        select verdict as "verdict!: Verdict", count(*) as "ads!", coalesce(sum(spend), 0) as "spend!"
          from newest
          left join numbers using (meta_ad_id)
         group by verdict
         order by verdict
        "#,
        brand.0,
        window.start(),
        window.end(),
        ALIGNED_MIN,
    )
    .fetch_all(&mut **tx)
    .await?;
    let shares = rows.into_iter().map(|row| Share {
        of: row.verdict,
        ads: row.ads,
        spend: row.spend,
    });
    Ok(shares.collect())
}

/// How many videos fit the pages behind them, by dimension and assessment, of those that were compared. What no ad has
/// is left out.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn dimensions(
    tx: &mut Tx,
    brand: BrandId,
    window: &RangeInclusive<NaiveDate>,
) -> sqlx::Result<Vec<Share<(Dimension, Assessment)>>> {
    let rows = sqlx::query!(
        r#"
        with newest as (
            select distinct on (meta_ad_id) meta_ad_id, congruence_components as components
              from ad_creative_classifications
             where brand_id = $1
             order by meta_ad_id, classified_at desc, id desc),
        numbers as (
            select meta_ad_id, sum(spend) as spend
              from meta_ads_performance
             where brand_id = $1 and date between $2 and $3
             group by meta_ad_id)
        select it.dimension as "dimension!: Dimension", it.assessment as "assessment!: Assessment",
               count(*) as "ads!", coalesce(sum(spend), 0) as "spend!"
          from newest
               cross join lateral jsonb_to_recordset(components) as it (dimension text, assessment text)
               left join numbers using (meta_ad_id)
         group by it.dimension, it.assessment
        "#,
        brand.0,
        window.start(),
        window.end(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut shares: Vec<_> = rows
        .into_iter()
        .map(|row| Share {
            of: (row.dimension, row.assessment),
            ads: row.ads,
            spend: row.spend,
        })
        .collect();
    shares.sort_by_key(|share| share.of);
    Ok(shares)
}
