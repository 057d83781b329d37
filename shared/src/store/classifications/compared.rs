//! Classifications of videos, and how these compare with the pages behind them.

use rust_decimal::Decimal;
use sqlx::types::Json;

use super::level;
use crate::{
    domain::{
        BrandId, ClassificationId, LandingPageId, OrganizationId, VideoAnalysisId,
        classification::{Awareness, Components, congruence},
    },
    store::Tx,
};

/// A classification whose video was not compared with the page behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncompared {
    /// Its id.
    pub id: ClassificationId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// For which brand.
    pub brand: BrandId,
    /// The ad.
    pub ad: String,
    /// The analysis of its video.
    pub video: VideoAnalysisId,
    /// The page.
    pub page: LandingPageId,
}

/// The first `limit` ads, of a brand or of all, whose newest classification rests on a whole analysis of a video, leads
/// to a page that was read, and does not compare the two; the newest first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn uncompared(
    tx: &mut Tx,
    brand: Option<BrandId>,
    limit: i64,
) -> sqlx::Result<Vec<Uncompared>> {
    sqlx::query_as!(
        Uncompared,
        r#"
        select kept.id as "id: ClassificationId", kept.organization_id as "organization: OrganizationId",
               kept.brand_id as "brand: BrandId", kept.meta_ad_id as ad,
               kept.video_analysis_id as "video!: VideoAnalysisId", kept.landing_page_id as "page!: LandingPageId"
          from ad_creative_classifications as kept
          join ad_video_analysis as video on video.id = kept.video_analysis_id and video.status = 'ok'
          join brand_landing_pages as page on page.id = kept.landing_page_id and page.content_hash is not null
         where kept.congruence_components = '[]'
           and kept.video_analysis_id is not null and kept.landing_page_id is not null
           and ($1::uuid is null or kept.brand_id = $1)
           and not exists (
                   select from ad_creative_classifications as newer
                    where newer.brand_id = kept.brand_id and newer.meta_ad_id = kept.meta_ad_id
                      and (newer.classified_at, newer.id) > (kept.classified_at, kept.id))
         order by kept.classified_at desc, kept.id
         limit $2
        "#,
        brand.map(|it| it.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Writes how a video compares with its page, and to whom the page speaks where that is known by now, with the score
/// that follows. False when the classification is not the brand's, or is compared by now.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn compare(
    tx: &mut Tx,
    (brand, id): (BrandId, ClassificationId),
    components: &Components,
) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        r#"
        select kept.creative_awareness_level as "creative: Awareness", kept.copy_awareness_level as "copy: Awareness",
               coalesce(page.awareness_level, kept.landing_page_awareness_level) as "awareness: Awareness",
               coalesce(page.awareness_confidence, kept.landing_page_confidence) as "confidence: Decimal"
          from ad_creative_classifications as kept
          left join brand_landing_pages as page on page.id = kept.landing_page_id
         where kept.brand_id = $1 and kept.id = $2 and kept.congruence_components = '[]'
           for update of kept
        "#,
        brand.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let page = level(row.awareness, row.confidence);
    let score = congruence(row.creative, row.copy, page.map(|it| it.awareness));
    sqlx::query!(
        r#"
        update ad_creative_classifications
           set congruence_components = $3, congruence_overall = $4, landing_page_awareness_level = $5,
               landing_page_confidence = $6, congruence_score = $7, congruence_notes = $8
         where brand_id = $1 and id = $2
        "#,
        brand.0,
        id.0,
        Json(components) as _,
        components.overall(),
        page.map(|it| it.awareness.name()),
        page.and_then(|it| it.confidence),
        score.as_ref().map(|it| it.score),
        score.as_ref().map(|it| it.note.as_str()),
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}
