//! Classifications of videos, and how these compare with the pages behind them.

use rust_decimal::Decimal;
use sqlx::types::Json;

use super::level;
use crate::{
    domain::{
        BrandId, ClassificationId, LandingPageId, OrganizationId, VideoAnalysisId,
        classification::{Awareness, Components, Level, congruence},
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

/// Which are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Except<'a> {
    /// Those of these organizations.
    pub organizations: &'a [OrganizationId],
    /// These.
    pub classifications: &'a [ClassificationId],
}

/// The first `limit` ads, of a brand or of all, whose newest classification rests on a whole analysis of a video, leads
/// to a page that was read, and does not compare the two; the newest first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn uncompared(
    tx: &mut Tx,
    brand: Option<BrandId>,
    except: Except<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Uncompared>> {
    let organizations: Vec<_> = except.organizations.iter().map(|it| it.0).collect();
    let classifications: Vec<_> = except.classifications.iter().map(|it| it.0).collect();
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
           and kept.organization_id <> all ($3) and kept.id <> all ($4)
           and not exists (
                   select from ad_creative_classifications as newer
                    where newer.brand_id = kept.brand_id and newer.meta_ad_id = kept.meta_ad_id
                      and (newer.classified_at, newer.id) > (kept.classified_at, kept.id))
         order by kept.classified_at desc, kept.id
         limit $2
        "#,
        brand.map(|it| it.0),
        limit,
        &organizations,
        &classifications,
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

/// Writes to whom a page speaks into the classifications that lead there and do not know it, with the scores that follow.
/// Returns how many there were.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn tell_level(
    tx: &mut Tx,
    (brand, page): (BrandId, LandingPageId),
    level: Level,
) -> sqlx::Result<u64> {
    let rows = sqlx::query!(
        r#"
        select id as "id: ClassificationId", creative_awareness_level as "creative: Awareness",
               copy_awareness_level as "copy: Awareness"
          from ad_creative_classifications
         where brand_id = $1 and landing_page_id = $2 and landing_page_awareness_level is null
         order by id
           for update
        "#,
        brand.0,
        page.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id.0).collect();
    let scores = rows
        .iter()
        .map(|row| congruence(row.creative, row.copy, Some(level.awareness)))
        .map(|it| it.map(|it| (it.score, it.note)));
    let (scores, notes): (Vec<_>, Vec<_>) = scores.map(Option::unzip).unzip();
    let done = sqlx::query!(
        r#"
        update ad_creative_classifications as kept
           set landing_page_awareness_level = $3, landing_page_confidence = $4,
               congruence_score = new.score, congruence_notes = new.note
          from unnest($2::uuid[], $5::numeric[], $6::text[]) as new (id, score, note)
         where kept.brand_id = $1 and kept.id = new.id
        "#,
        brand.0,
        &ids,
        level.awareness.name(),
        level.confidence,
        &scores as &[Option<Decimal>],
        &notes as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
