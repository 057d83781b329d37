//! Rows of `ad_video_analysis`: what is said, written and shown in an ad's video.

mod row;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::classifications::{Existing, Reuse};
use crate::{
    domain::{
        BrandId, VideoAnalysisId,
        classification::{Digest, VideoAnalysis, without_nul},
    },
    store::Tx,
};

pub use row::read;

/// What makes two analyses the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The brand.
    pub brand: BrandId,
    /// The ad.
    pub ad: &'a str,
    /// Version of the prompt.
    pub prompt_version: &'a str,
    /// Digest of the bytes that were looked at.
    pub input_hash: &'a Digest,
}

/// Where an analysis comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The ad's creative.
    pub creative_id: Option<String>,
    /// The ad's video.
    pub video_id: Option<String>,
    /// Where the bytes lie.
    pub storage_path: String,
    /// Who answered, as in `stand-in`.
    pub model_used: String,
    /// The answer as it came.
    pub raw_response: Value,
    /// When.
    pub analyzed_at: DateTime<Utc>,
}

/// Whatever is kept.
const ANY: Reuse = Reuse {
    since: None,
    is_stand_in_good: true,
};

/// The analysis of this video that may be used again, where there is one.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn find(
    tx: &mut Tx,
    key: Key<'_>,
    reuse: Reuse,
) -> sqlx::Result<Option<VideoAnalysisId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: VideoAnalysisId"
          from ad_video_analysis
         where (brand_id, meta_ad_id, prompt_version, input_hash) = ($1, $2, $3, $4)
           and ($5::timestamptz is null or analyzed_at >= $5)
           and ($6 or model_used <> 'stand-in')
        "#,
        key.brand.0,
        key.ad,
        key.prompt_version,
        key.input_hash,
        reuse.since,
        reuse.is_stand_in_good,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Who made an analysis; `None` when it is not the brand's.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn model_of(
    tx: &mut Tx,
    brand: BrandId,
    id: VideoAnalysisId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select model_used from ad_video_analysis where brand_id = $1 and id = $2",
        brand.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Keeps an analysis. Returns its id, or that of the one of the same video that was there already.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if there is no such brand.
pub async fn insert(
    tx: &mut Tx,
    key: Key<'_>,
    origin: &Origin,
    analysis: &VideoAnalysis,
    existing: Existing,
) -> sqlx::Result<VideoAnalysisId> {
    match upsert(tx, key, origin, analysis, existing).await? {
        Some(id) => Ok(id),
        None => find(tx, key, ANY).await?.ok_or(sqlx::Error::RowNotFound),
    }
}

/// `None` where there was one that stays.
async fn upsert(
    tx: &mut Tx,
    key: Key<'_>,
    origin: &Origin,
    analysis: &VideoAnalysis,
    existing: Existing,
) -> sqlx::Result<Option<VideoAnalysisId>> {
    sqlx::query_scalar!(
        r#"
        insert into ad_video_analysis as kept (
            organization_id, brand_id, meta_ad_id, prompt_version, input_hash, creative_id, video_id, storage_path,
            model_used, raw_response, analyzed_at, hook_fingerprint, awareness_level, awareness_confidence,
            status, validation_errors, full_transcript, transcript_segments, text_overlays, text_overlay_confidence,
            hook_transcript_spoken, hook_transcript_overlay, hook_type, hook_effectiveness_signals,
            hook_visual_description, hook_visual_elements, hook_visual_type, storyboard, benefits_shown,
            features_demonstrated, pain_points_addressed, angles_used, jobs_to_be_done, claims_made, target_persona,
            emotional_drivers, video_duration_sec, production_quality, format_type)
        select brands.organization_id, brands.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
               $12::jsonb -> 'awareness' ->> 'awareness', ($12::jsonb -> 'awareness' ->> 'confidence')::numeric,
               said.status, said.validation_errors, said.full_transcript, said.transcript_segments, said.text_overlays,
               said.text_overlay_confidence, said.hook_transcript_spoken, said.hook_transcript_overlay, said.hook_type,
               said.hook_effectiveness_signals, said.hook_visual_description, said.hook_visual_elements,
               said.hook_visual_type, said.storyboard, said.benefits_shown, said.features_demonstrated,
               said.pain_points_addressed, said.angles_used, said.jobs_to_be_done, said.claims_made,
               said.target_persona, said.emotional_drivers, said.video_duration_sec, said.production_quality,
               said.format_type
          from brands, jsonb_populate_record(null::ad_video_analysis, $12::jsonb) as said
         where brands.id = $1
        on conflict (brand_id, meta_ad_id, prompt_version, input_hash) do update
           set (creative_id, video_id, storage_path, model_used, raw_response, analyzed_at, hook_fingerprint,
                awareness_level, awareness_confidence, status, validation_errors, full_transcript, transcript_segments,
                text_overlays, text_overlay_confidence, hook_transcript_spoken, hook_transcript_overlay, hook_type,
                hook_effectiveness_signals, hook_visual_description, hook_visual_elements, hook_visual_type, storyboard,
                benefits_shown, features_demonstrated, pain_points_addressed, angles_used, jobs_to_be_done, claims_made,
                target_persona, emotional_drivers, video_duration_sec, production_quality, format_type)
             = (excluded.creative_id, excluded.video_id, excluded.storage_path, excluded.model_used,
                excluded.raw_response, excluded.analyzed_at, excluded.hook_fingerprint, excluded.awareness_level,
                excluded.awareness_confidence, excluded.status, excluded.validation_errors, excluded.full_transcript,
                excluded.transcript_segments, excluded.text_overlays, excluded.text_overlay_confidence,
                excluded.hook_transcript_spoken, excluded.hook_transcript_overlay, excluded.hook_type,
                excluded.hook_effectiveness_signals, excluded.hook_visual_description, excluded.hook_visual_elements,
                excluded.hook_visual_type, excluded.storyboard, excluded.benefits_shown, excluded.features_demonstrated,
                excluded.pain_points_addressed, excluded.angles_used, excluded.jobs_to_be_done, excluded.claims_made,
                excluded.target_persona, excluded.emotional_drivers, excluded.video_duration_sec,
                excluded.production_quality, excluded.format_type)
         where $13 or (kept.model_used = 'stand-in' and excluded.model_used <> 'stand-in')
     returning id as "id: VideoAnalysisId"
        "#,
        key.brand.0,
        key.ad,
        key.prompt_version,
        key.input_hash,
        origin.creative_id,
        origin.video_id,
        origin.storage_path,
        origin.model_used,
        without_nul(origin.raw_response.clone()),
        origin.analyzed_at,
        analysis.hook_fingerprint.as_ref().map(Digest::as_slice),
        Json(analysis) as _,
        existing == Existing::Replaced,
    )
    .fetch_optional(&mut **tx)
    .await
}
