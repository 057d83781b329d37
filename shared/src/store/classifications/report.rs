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
        select newest.hook_type, count(*) as "ads!", coalesce(sum(spend), 0) as "spend!",
               coalesce(sum(impressions), 0)::bigint as "impressions!",
               coalesce(sum(link_clicks), 0)::bigint as "link_clicks!",
               coalesce(sum(purchases), 0)::bigint as "purchases!",
               coalesce(sum(purchase_value), 0) as "purchase_value!"
          from newest_ad_classifications as newest
          left join numbers_of_ads($1, $2, $3) as numbers using (meta_ad_id)
         where brand_id = $1
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
        select case when congruence_score is null then 'unscored'
                    when congruence_score >= $4 then 'aligned' else 'misaligned' end as "verdict!: Verdict",
               count(*) as "ads!", coalesce(sum(spend), 0) as "spend!"
          from newest_ad_classifications
          left join numbers_of_ads($1, $2, $3) as numbers using (meta_ad_id)
         where brand_id = $1
         group by 1
         order by 1
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
        select it.dimension as "dimension!: Dimension", it.assessment as "assessment!: Assessment",
               count(*) as "ads!", coalesce(sum(spend), 0) as "spend!"
          from newest_ad_classifications as newest
               cross join lateral jsonb_to_recordset(congruence_components) as it (dimension text, assessment text)
               left join numbers_of_ads($1, $2, $3) as numbers using (meta_ad_id)
         where brand_id = $1
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
