//! Ads and what is said of them as JSON. Decimals are strings, exact.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use shared::{
    domain::{
        BrandId,
        baseline::Metric,
        classification::{Awareness, Component, CreativeFormat, Media, Source, VideoAnalysis},
    },
    store::classifications::{ClassifiedAd, Sums},
};

use super::Told;

/// Digits after the point of a ratio.
const DIGITS: u32 = 6;

/// What ads cost and brought. Money is in the account's currency.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Numbers {
    pub(crate) spend: Decimal,
    pub(crate) impressions: i64,
    pub(crate) link_clicks: i64,
    pub(crate) purchases: i64,
    pub(crate) purchase_value: Decimal,
    /// Link clicks per impression.
    pub(crate) ctr: Option<Decimal>,
    /// Spend per link click.
    pub(crate) cpc: Option<Decimal>,
    /// Spend per purchase.
    pub(crate) cost_per_purchase: Option<Decimal>,
    /// Purchase value per spend.
    pub(crate) roas: Option<Decimal>,
}

impl Numbers {
    pub(crate) fn of(sums: &Sums) -> Self {
        let figure = |metric| Some(sums.figure(metric)?.round_dp(DIGITS).normalize());
        Self {
            spend: sums.spend,
            impressions: sums.impressions,
            link_clicks: sums.link_clicks,
            purchases: sums.purchases,
            purchase_value: sums.purchase_value,
            ctr: figure(Metric::Ctr),
            cpc: figure(Metric::Cpc),
            cost_per_purchase: figure(Metric::CostPerPurchase),
            roas: figure(Metric::Roas),
        }
    }
}

/// An ad of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdView {
    meta_ad_id: String,
    /// All that is said of it.
    url: String,
    name: Option<String>,
    /// In Meta's word, as in `ACTIVE`.
    status: Option<String>,
    creative_awareness_level: Option<Awareness>,
    copy_awareness_level: Option<Awareness>,
    landing_page_awareness_level: Option<Awareness>,
    creative_format: Option<CreativeFormat>,
    creative_angle: Option<String>,
    hook_type: Option<String>,
    primary_cta: Option<String>,
    congruence_score: Option<Decimal>,
    congruence_notes: Option<String>,
    congruence_overall: Option<Decimal>,
    congruence_components: Vec<Component>,
    source: Source,
    model_used: String,
    classified_at: DateTime<Utc>,
    #[serde(flatten)]
    numbers: Numbers,
}

impl AdView {
    pub(crate) fn of(brand: BrandId, days_back: i64, ad: ClassifiedAd) -> Self {
        Self {
            url: format!(
                "/api/brands/{brand}/classifications/{}?days_back={days_back}",
                ad.ad
            ),
            numbers: Numbers::of(&ad.sums()),
            meta_ad_id: ad.ad,
            name: ad.name,
            status: ad.status,
            creative_awareness_level: ad.creative,
            copy_awareness_level: ad.copy,
            landing_page_awareness_level: ad.page,
            creative_format: ad.creative_format,
            creative_angle: ad.creative_angle,
            hook_type: ad.hook_type,
            primary_cta: ad.primary_cta,
            congruence_score: ad.congruence_score,
            congruence_notes: ad.congruence_notes,
            congruence_overall: ad.congruence_overall,
            congruence_components: ad.components.list().to_vec(),
            source: ad.source,
            model_used: ad.model_used,
            classified_at: ad.classified_at,
        }
    }
}

/// All that is said of an ad, beside what was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Detail {
    #[serde(flatten)]
    ad: AdView,
    creative_awareness_confidence: Option<Decimal>,
    copy_awareness_confidence: Option<Decimal>,
    landing_page_confidence: Option<Decimal>,
    video_duration_sec: Option<Decimal>,
    prompt_version: String,
    schema_version: String,
    /// The answer as it came.
    raw_classification: Value,
    evidence: Evidence,
}

/// What was looked at, as it is known now.
#[derive(Debug, Serialize, JsonSchema)]
struct Evidence {
    copy: Option<String>,
    images: Vec<Asset>,
    videos: Vec<Asset>,
    thumbnail_url: Option<String>,
    video_analysis: Option<VideoAnalysis>,
    landing_page: Option<LandingPage>,
}

/// A stored medium.
#[derive(Debug, Serialize, JsonSchema)]
struct Asset {
    storage_path: String,
    /// Where it can be read for an hour; null where no link can be made.
    url: Option<String>,
    mime_type: String,
    bytes: u64,
    sha256: String,
    duration_seconds: Option<Decimal>,
}

impl Asset {
    fn all(media: Vec<Media>, urls: Vec<Option<String>>) -> Vec<Self> {
        media.into_iter().zip(urls).map(Self::of).collect()
    }

    fn of((media, url): (Media, Option<String>)) -> Self {
        Self {
            url,
            storage_path: media.storage_path,
            mime_type: media.mime_type,
            bytes: media.bytes,
            sha256: media
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            duration_seconds: media.duration_seconds,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct LandingPage {
    url: Option<String>,
    title: Option<String>,
    /// `headline`, `markdown`, `links`, `metadata`.
    content: Value,
}

impl Detail {
    pub(crate) async fn of(
        links: &crate::Media,
        (brand, days_back): (BrandId, i64),
        told: Told,
    ) -> Self {
        let Told {
            ad,
            said,
            facts,
            video: video_analysis,
            page,
        } = told;
        let ad = AdView::of(brand, days_back, ad);
        let url = facts.as_ref().and_then(|facts| facts.page.as_ref());
        let landing_page = page.map(|page| LandingPage {
            url: url.map(|page| page.url.clone()),
            title: page.content.page_title,
            content: page.content.extracted_data,
        });
        let (copy, media) = facts.map(|facts| (facts.copy, facts.media)).unzip();
        let media = media.unwrap_or_default();
        let images = links.links(&media.images).await;
        let videos = links.links(&media.videos).await;
        let sure = |level: Option<shared::domain::classification::Level>| level?.confidence;
        Self {
            ad,
            creative_awareness_confidence: sure(said.judgement.creative),
            copy_awareness_confidence: sure(said.judgement.copy),
            landing_page_confidence: sure(said.landing_page_level),
            video_duration_sec: said.judgement.video_duration_sec,
            prompt_version: said.prompt_version,
            schema_version: said.schema_version,
            raw_classification: said.raw,
            evidence: Evidence {
                copy,
                images: Asset::all(media.images, images),
                videos: Asset::all(media.videos, videos),
                thumbnail_url: media.thumbnail_url,
                video_analysis,
                landing_page,
            },
        }
    }
}
