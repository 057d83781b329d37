//! What is known of ads that are to be classified.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::level;
use crate::{
    domain::{
        BrandId, LandingPageId,
        classification::{AdMedia, Awareness, Digest, Level, Media, is_video},
    },
    store::Tx,
};

/// What is known of an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdFacts {
    /// The ad.
    pub ad: String,
    /// Its name.
    pub name: Option<String>,
    /// Its text, or its name where it has none.
    pub copy: String,
    /// Its campaign.
    pub campaign_id: Option<String>,
    /// Its creative.
    pub creative_id: Option<String>,
    /// Its video.
    pub video_id: Option<String>,
    /// What there is to look at.
    pub media: AdMedia,
    /// Where it leads.
    pub page: Option<Page>,
}

/// The page an ad leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// Its address as it is compared.
    pub canonical_url: String,
    /// Its row of `brand_landing_pages`, where it has one.
    pub id: Option<LandingPageId>,
    /// Digest of what is written there, once it was read.
    pub content_hash: Option<Digest>,
    /// To whom it speaks, once that was found out.
    pub level: Option<Level>,
}

/// What is known of the ads, each once, in the order they are asked for; of an ad that is not the brand's, nothing.
/// Media come with the main one first and then in the order they were found; of several pages, the one that was
/// found last counts.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn facts(tx: &mut Tx, brand: BrandId, ads: &[String]) -> sqlx::Result<Vec<AdFacts>> {
    let mut media = media(tx, brand, ads).await?;
    let mut pages = pages(tx, brand, ads).await?;
    let rows = sqlx::query!(
        r#"
        select asked.ad as "ad!", known.name as "name?", coalesce(nullif(trim(known.ad_copy), ''), known.name, '') as "copy!",
               known.meta_campaign_id as "campaign_id?", known.creative_id as "creative_id?",
               known.meta_video_id as "video_id?", known.object_type as "object_type?",
               known.thumbnail_url as "thumbnail_url?", coalesce(known.is_video, false) as "is_video!",
               coalesce(views.most, 0)::bigint as "views!"
          from unnest($2::text[]) with ordinality as asked (ad, place)
          left join lateral (
              select * from meta_ads
               where brand_id = $1 and meta_ad_id = asked.ad
               order by numbers_read_at desc nulls last
               limit 1) as known on true
          left join lateral (
              select max(video_views) as most from meta_ads_performance
               where brand_id = $1 and meta_ad_id = asked.ad) as views on true
         order by asked.place
        "#,
        brand.0,
        ads,
    )
    .fetch_all(&mut **tx)
    .await?;
    let facts = rows.into_iter().map(|row| AdFacts {
        media: AdMedia {
            is_video: is_video(
                row.is_video,
                row.video_id.as_deref(),
                row.object_type.as_deref(),
                row.views,
            ),
            thumbnail_url: row.thumbnail_url.filter(|url| !url.is_empty()),
            ..media.remove(&row.ad).unwrap_or_default()
        },
        page: pages.remove(&row.ad),
        ad: row.ad,
        name: row.name,
        copy: row.copy,
        campaign_id: row.campaign_id,
        creative_id: row.creative_id,
        video_id: row.video_id,
    });
    Ok(facts.collect())
}

/// A row of `meta_ad_assets` that says what there is, or that there is nothing.
struct Asset {
    ad: String,
    is_video: bool,
    not_downloadable_reason: Option<String>,
    storage_path: String,
    sha256: Option<Digest>,
    mime_type: Option<String>,
    bytes: Option<i64>,
    duration_seconds: Option<Decimal>,
}

impl Asset {
    fn stored(self) -> Option<Media> {
        Some(Media {
            storage_path: self.storage_path,
            sha256: self.sha256?,
            mime_type: self.mime_type?,
            bytes: self.bytes?.unsigned_abs(),
            duration_seconds: self.duration_seconds,
        })
    }
}

async fn media(
    tx: &mut Tx,
    brand: BrandId,
    ads: &[String],
) -> sqlx::Result<BTreeMap<String, AdMedia>> {
    let assets = sqlx::query_as!(
        Asset,
        r#"
        select meta_ad_id as ad, asset_type = 'video' as "is_video!", not_downloadable_reason, storage_path,
               sha256 as "sha256: Digest", mime_type, file_size_bytes as bytes, duration_seconds
          from meta_ad_assets
         where brand_id = $1 and meta_ad_id = any ($2) and status in ('downloaded', 'not_downloadable')
         order by meta_ad_id, is_primary desc, created_at, source_id
        "#,
        brand.0,
        ads,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut media: BTreeMap<String, AdMedia> = BTreeMap::new();
    for asset in assets {
        let known = media.entry(asset.ad.clone()).or_default();
        let is_video = asset.is_video;
        if asset.not_downloadable_reason.is_some() {
            let why = known.not_downloadable.take();
            known.not_downloadable = why.or(asset.not_downloadable_reason);
        } else if is_video {
            known.videos.extend(asset.stored());
        } else {
            known.images.extend(asset.stored());
        }
    }
    Ok(media)
}

async fn pages(
    tx: &mut Tx,
    brand: BrandId,
    ads: &[String],
) -> sqlx::Result<BTreeMap<String, Page>> {
    let rows = sqlx::query!(
        r#"
        select distinct on (found.meta_ad_id)
               found.meta_ad_id as ad, found.destination_url as url, found.canonical_url,
               page.id as "id?: LandingPageId", page.content_hash as "content_hash?: Digest",
               page.awareness_level as "awareness?: Awareness", page.awareness_confidence as "confidence?"
          from meta_ad_destinations as found
          left join brand_landing_pages as page on page.brand_id = $1 and page.canonical_url = found.canonical_url
         where found.brand_id = $1 and found.meta_ad_id = any ($2)
         order by found.meta_ad_id, found.fetched_at desc, found.canonical_url
        "#,
        brand.0,
        ads,
    )
    .fetch_all(&mut **tx)
    .await?;
    let pages = rows.into_iter().map(|row| {
        let page = Page {
            url: row.url,
            canonical_url: row.canonical_url,
            id: row.id,
            content_hash: row.content_hash,
            level: level(row.awareness, row.confidence),
        };
        (row.ad, page)
    });
    Ok(pages.collect())
}
