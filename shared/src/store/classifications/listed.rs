//! A brand's classified ads, each with its newest classification and what it cost and brought.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::types::Json;

use super::Sums;
use crate::{
    domain::{
        BrandId, ClassificationId,
        classification::{
            ALIGNED_MIN, Assessment, Awareness, Components, CreativeFormat, Dimension, Source,
            Verdict,
        },
    },
    store::Tx,
};

/// Which ads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdFilter {
    /// Only this one.
    pub ad: Option<String>,
    /// With this hook; `unknown`: with none that is known.
    pub hook_type: Option<String>,
    /// Of this format.
    pub creative_format: Option<CreativeFormat>,
    /// Whose creative speaks to people who know so much.
    pub awareness: Option<Awareness>,
    /// Of this verdict.
    pub verdict: Option<Verdict>,
    /// Assessed so in this dimension.
    pub component: Option<(Dimension, Assessment)>,
}

/// A classified ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassifiedAd {
    /// Its id, by which its classification is read whole.
    pub id: ClassificationId,
    /// The ad.
    pub ad: String,
    /// Its name.
    pub name: Option<String>,
    /// Whether it is on, in Meta's word.
    pub status: Option<String>,
    /// To whom the creative speaks.
    pub creative: Option<Awareness>,
    /// To whom the text speaks.
    pub copy: Option<Awareness>,
    /// To whom the page speaks.
    pub page: Option<Awareness>,
    /// What kind of creative it is.
    pub creative_format: Option<CreativeFormat>,
    /// From which side it is told.
    pub creative_angle: Option<String>,
    /// What makes people stop.
    pub hook_type: Option<String>,
    /// What people are asked to do.
    pub primary_cta: Option<String>,
    /// How well the levels fit, 0 to 1.
    pub congruence_score: Option<Decimal>,
    /// Which levels are furthest apart.
    pub congruence_notes: Option<String>,
    /// How video and page fit, by dimension.
    pub components: Json<Components>,
    /// Their average by weight, 0 to 1.
    pub congruence_overall: Option<Decimal>,
    /// What was looked at.
    pub source: Source,
    /// Who answered, as in `stand-in`.
    pub model_used: String,
    /// When.
    pub classified_at: DateTime<Utc>,
    /// What it cost in the window, in the account's currency.
    pub spend: Decimal,
    /// How often it was shown.
    pub impressions: i64,
    /// Clicks that left Meta.
    pub link_clicks: i64,
    /// Purchases.
    pub purchases: i64,
    /// What was bought, in the account's currency.
    pub purchase_value: Decimal,
}

impl ClassifiedAd {
    /// What it cost and brought in the window.
    #[must_use]
    pub fn sums(&self) -> Sums {
        Sums {
            ads: 1,
            spend: self.spend,
            impressions: self.impressions,
            link_clicks: self.link_clicks,
            purchases: self.purchases,
            purchase_value: self.purchase_value,
        }
    }
}

/// The first `limit` classified ads that pass a filter, the costliest first, after the ad `after`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn list(
    tx: &mut Tx,
    (brand, window): (BrandId, &RangeInclusive<NaiveDate>),
    filter: &AdFilter,
    (after, limit): (Option<&str>, i64),
) -> sqlx::Result<Vec<ClassifiedAd>> {
    let component = filter
        .component
        .map(|(dimension, assessment)| json!([{"dimension": dimension, "assessment": assessment}]));
    sqlx::query_as!(
        ClassifiedAd,
        r#"
        with ads as (
            select newest.*, coalesce(spend, 0) as spend, coalesce(impressions, 0) as impressions,
                   coalesce(link_clicks, 0) as link_clicks, coalesce(purchases, 0) as purchases,
                   coalesce(purchase_value, 0) as purchase_value
              from newest_ad_classifications as newest
              left join numbers_of_ads($1, $2, $3) as numbers using (meta_ad_id)
             where brand_id = $1 and ($4::text is null or newest.meta_ad_id = $4)),
        last as (select spend, meta_ad_id from ads where meta_ad_id = $11)
        select ads.id as "id!: ClassificationId", ads.meta_ad_id as "ad!", known.name as "name?", known.effective_status as "status?",
               creative_awareness_level as "creative?: Awareness", copy_awareness_level as "copy?: Awareness",
               landing_page_awareness_level as "page?: Awareness", creative_format as "creative_format?: CreativeFormat",
               creative_angle, hook_type, primary_cta, congruence_score, congruence_notes,
               congruence_components as "components!: Json<Components>", congruence_overall, source as "source!: Source",
               model_used as "model_used!", classified_at as "classified_at!", spend as "spend!", impressions as "impressions!",
               link_clicks as "link_clicks!", purchases as "purchases!", purchase_value as "purchase_value!"
          from ads
          left join lateral (
              select name, effective_status from meta_ads
               where brand_id = $1 and meta_ad_id = ads.meta_ad_id
               order by numbers_read_at desc nulls last limit 1) as known on true
         where ($5::text is null or coalesce(hook_type, 'unknown') = $5)
           and ($6::text is null or creative_format = $6) and ($7::text is null or creative_awareness_level = $7)
           and case $8::text when 'aligned' then congruence_score >= $9 when 'misaligned' then congruence_score < $9
                             when 'unscored' then congruence_score is null else true end
           and ($10::jsonb is null or congruence_components @> $10)
           and ($11::text is null or ads.spend < (select spend from last)
                or (ads.spend = (select spend from last) and ads.meta_ad_id > (select meta_ad_id from last)))
         order by spend desc, ads.meta_ad_id
         limit $12
        "#,
        brand.0,
        window.start(),
        window.end(),
        filter.ad,
        filter.hook_type,
        filter.creative_format.map(CreativeFormat::name),
        filter.awareness.map(Awareness::name),
        filter.verdict.map(Verdict::name),
        ALIGNED_MIN,
        component,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
