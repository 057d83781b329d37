//! Keeping rows of `ad_creative_classifications`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    domain::{
        BrandId, ClassificationId, LandingPageId, RunId, VideoAnalysisId,
        classification::{
            Components, Congruence, CreativeFormat, Digest, Judgement, Level, Source, VideoLength,
            congruence, without_nul,
        },
    },
    store::Tx,
};

/// What becomes of a row for the same content that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays.
    Kept,
    /// It is overwritten, as where somebody wants the same content looked at anew.
    Replaced,
}

/// A classification of an ad.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// The ad.
    pub ad: String,
    /// The run that made it, while that is kept.
    pub run: Option<RunId>,
    /// What it says.
    pub judgement: Judgement,
    /// The page the ad leads to.
    pub landing_page: Option<LandingPageId>,
    /// To whom the page speaks.
    pub landing_page_level: Option<Level>,
    /// How well video and page fit, dimension by dimension.
    pub components: Components,
    /// The analysis of the video, where it rests on one.
    pub video_analysis: Option<VideoAnalysisId>,
    /// What was looked at.
    pub source: Source,
    /// Version of the prompt.
    pub prompt_version: String,
    /// Version of the answer's shape.
    pub schema_version: String,
    /// Digest of all that was looked at.
    pub content_hash: Digest,
    /// Who answered, as in `stand-in`.
    pub model_used: String,
    /// The answer as it came; an object.
    pub raw: Value,
    /// When.
    pub classified_at: DateTime<Utc>,
}

impl Classification {
    /// How well the levels fit together.
    #[must_use]
    pub fn congruence(&self) -> Option<Congruence> {
        let [creative, copy, page] = [
            self.judgement.creative,
            self.judgement.copy,
            self.landing_page_level,
        ]
        .map(|level| level.map(|it| it.awareness));
        congruence(creative, copy, page)
    }
}

/// Keeps a classification, with the scores that follow from it. Returns its id, or that of the row for the same
/// content that was there already.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, if there is no such brand, or if page or analysis are not its own.
pub async fn insert(
    tx: &mut Tx,
    brand: BrandId,
    new: &Classification,
    existing: Existing,
) -> sqlx::Result<ClassificationId> {
    match upsert(tx, brand, new, existing).await? {
        Some(id) => Ok(id),
        None => kept(tx, brand, new).await,
    }
}

/// `None` where there was one that stays.
async fn upsert(
    tx: &mut Tx,
    brand: BrandId,
    new: &Classification,
    existing: Existing,
) -> sqlx::Result<Option<ClassificationId>> {
    let congruence = new.congruence();
    let (levels, confidences) = levels(new);
    sqlx::query_scalar!(
        r#"
        insert into ad_creative_classifications as kept (
            organization_id, brand_id, meta_ad_id, run_id, creative_awareness_level, creative_awareness_confidence,
            copy_awareness_level, copy_awareness_confidence, landing_page_awareness_level, landing_page_confidence,
            creative_format, creative_angle, video_length_bucket, video_duration_sec, hook_type, primary_cta,
            landing_page_id, congruence_score, congruence_notes, congruence_components, congruence_overall,
            video_analysis_id, source, prompt_version, schema_version, content_hash, model_used, raw_classification, classified_at)
        select organization_id, id, $2, $3, ($4::text[])[1], ($5::numeric[])[1], ($4::text[])[2], ($5::numeric[])[2],
               ($4::text[])[3], ($5::numeric[])[3], $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
               $20, $21, $22, $23, $24
          from brands where id = $1
        on conflict (brand_id, meta_ad_id, prompt_version, schema_version, content_hash) do update
           set (run_id, creative_awareness_level, creative_awareness_confidence, copy_awareness_level,
                copy_awareness_confidence, landing_page_awareness_level, landing_page_confidence, creative_format,
                creative_angle, video_length_bucket, video_duration_sec, hook_type, primary_cta, landing_page_id,
                congruence_score, congruence_notes, congruence_components, congruence_overall, video_analysis_id,
                source, model_used, raw_classification, classified_at)
             = (excluded.run_id, excluded.creative_awareness_level, excluded.creative_awareness_confidence,
                excluded.copy_awareness_level, excluded.copy_awareness_confidence,
                excluded.landing_page_awareness_level, excluded.landing_page_confidence, excluded.creative_format,
                excluded.creative_angle, excluded.video_length_bucket, excluded.video_duration_sec, excluded.hook_type,
                excluded.primary_cta, excluded.landing_page_id, excluded.congruence_score, excluded.congruence_notes,
                excluded.congruence_components, excluded.congruence_overall, excluded.video_analysis_id,
                excluded.source, excluded.model_used, excluded.raw_classification, excluded.classified_at)
         where $25 or (kept.model_used = 'stand-in' and excluded.model_used <> 'stand-in')
     returning id as "id: ClassificationId"
        "#,
        brand.0,
        new.ad,
        new.run.map(|it| it.0),
        &levels as &[Option<&str>],
        &confidences as &[Option<Decimal>],
        new.judgement.creative_format.map(CreativeFormat::name),
        new.judgement.creative_angle,
        new.judgement.video_length.map(VideoLength::name),
        new.judgement.video_duration_sec,
        new.judgement.hook_type,
        new.judgement.primary_cta,
        new.landing_page.map(|it| it.0),
        congruence.as_ref().map(|it| it.score),
        congruence.as_ref().map(|it| it.note.as_str()),
        Json(&new.components) as _,
        new.components.overall(),
        new.video_analysis.map(|it| it.0),
        new.source.name(),
        new.prompt_version,
        new.schema_version,
        &new.content_hash,
        new.model_used,
        without_nul(new.raw.clone()),
        new.classified_at,
        existing == Existing::Replaced,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// The levels of creative, text and page, and how sure the model is of each.
fn levels(new: &Classification) -> ([Option<&'static str>; 3], [Option<Decimal>; 3]) {
    let levels = [
        new.judgement.creative,
        new.judgement.copy,
        new.landing_page_level,
    ];
    (
        levels.map(|level| level.map(|it| it.awareness.name())),
        levels.map(|level| level?.confidence),
    )
}

/// The row for the same content that is there already.
async fn kept(tx: &mut Tx, brand: BrandId, new: &Classification) -> sqlx::Result<ClassificationId> {
    sqlx::query_scalar!(
        r#"
        select id as "id: ClassificationId"
          from ad_creative_classifications
         where (brand_id, meta_ad_id, prompt_version, schema_version, content_hash) = ($1, $2, $3, $4, $5)
        "#,
        brand.0,
        new.ad,
        new.prompt_version,
        new.schema_version,
        &new.content_hash,
    )
    .fetch_one(&mut **tx)
    .await
}
