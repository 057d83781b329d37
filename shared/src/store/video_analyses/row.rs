//! Reading a row of `ad_video_analysis`.

use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{
    domain::{
        BrandId, VideoAnalysisId,
        classification::{
            Awareness, Claim, DeepHookType, Digest, FormatType, HookSignals, HookVisualType,
            Overlay, Persona, ProductionQuality, Scene, Segment, VideoAnalysis, VideoStatus,
        },
    },
    store::{Tx, classifications::level},
};

struct Row {
    status: VideoStatus,
    validation_errors: Json<Vec<String>>,
    full_transcript: Option<String>,
    transcript_segments: Option<Json<Vec<Segment>>>,
    text_overlays: Json<Vec<Overlay>>,
    text_overlay_confidence: Option<Decimal>,
    hook_transcript_spoken: Option<String>,
    hook_transcript_overlay: Option<String>,
    hook_fingerprint: Option<Digest>,
    hook_type: Option<DeepHookType>,
    hook_effectiveness_signals: Option<Json<HookSignals>>,
    hook_visual_description: Option<String>,
    hook_visual_elements: Vec<String>,
    hook_visual_type: Option<HookVisualType>,
    storyboard: Option<Json<Vec<Scene>>>,
    benefits_shown: Vec<String>,
    features_demonstrated: Vec<String>,
    pain_points_addressed: Vec<String>,
    angles_used: Vec<String>,
    jobs_to_be_done: Vec<String>,
    claims_made: Json<Vec<Claim>>,
    awareness_level: Option<Awareness>,
    awareness_confidence: Option<Decimal>,
    target_persona: Option<Json<Persona>>,
    emotional_drivers: Vec<String>,
    video_duration_sec: Option<Decimal>,
    production_quality: Option<ProductionQuality>,
    format_type: Option<FormatType>,
}

impl From<Row> for VideoAnalysis {
    fn from(row: Row) -> Self {
        Self {
            status: row.status,
            validation_errors: row.validation_errors.0,
            full_transcript: row.full_transcript,
            transcript_segments: row.transcript_segments.map(|it| it.0),
            text_overlays: row.text_overlays.0,
            text_overlay_confidence: row.text_overlay_confidence,
            hook_transcript_spoken: row.hook_transcript_spoken,
            hook_transcript_overlay: row.hook_transcript_overlay,
            hook_fingerprint: row.hook_fingerprint,
            hook_type: row.hook_type,
            hook_effectiveness_signals: row.hook_effectiveness_signals.map(|it| it.0),
            hook_visual_description: row.hook_visual_description,
            hook_visual_elements: row.hook_visual_elements,
            hook_visual_type: row.hook_visual_type,
            storyboard: row.storyboard.map(|it| it.0),
            benefits_shown: row.benefits_shown,
            features_demonstrated: row.features_demonstrated,
            pain_points_addressed: row.pain_points_addressed,
            angles_used: row.angles_used,
            jobs_to_be_done: row.jobs_to_be_done,
            claims_made: row.claims_made.0,
            awareness: level(row.awareness_level, row.awareness_confidence),
            target_persona: row.target_persona.map(|it| it.0),
            emotional_drivers: row.emotional_drivers,
            video_duration_sec: row.video_duration_sec,
            production_quality: row.production_quality,
            format_type: row.format_type,
        }
    }
}

/// What an analysis says; `None` when it is not the brand's.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn read(
    tx: &mut Tx,
    brand: BrandId,
    id: VideoAnalysisId,
) -> sqlx::Result<Option<VideoAnalysis>> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select status as "status: VideoStatus", validation_errors as "validation_errors: Json<Vec<String>>",
               full_transcript, transcript_segments as "transcript_segments: Json<Vec<Segment>>",
               text_overlays as "text_overlays: Json<Vec<Overlay>>", text_overlay_confidence,
               hook_transcript_spoken, hook_transcript_overlay, hook_fingerprint as "hook_fingerprint: Digest",
               hook_type as "hook_type: DeepHookType",
               hook_effectiveness_signals as "hook_effectiveness_signals: Json<HookSignals>",
               hook_visual_description, hook_visual_elements, hook_visual_type as "hook_visual_type: HookVisualType",
               storyboard as "storyboard: Json<Vec<Scene>>", benefits_shown, features_demonstrated,
               pain_points_addressed, angles_used, jobs_to_be_done, claims_made as "claims_made: Json<Vec<Claim>>",
               awareness_level as "awareness_level: Awareness", awareness_confidence,
               target_persona as "target_persona: Json<Persona>", emotional_drivers, video_duration_sec,
               production_quality as "production_quality: ProductionQuality", format_type as "format_type: FormatType"
          from ad_video_analysis
         where brand_id = $1 and id = $2
        "#,
        brand.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(VideoAnalysis::from))
}
