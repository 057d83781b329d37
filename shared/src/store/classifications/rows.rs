//! Rows of `ad_creative_classifications`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::types::Json;

use super::level;
use crate::{
    domain::{
        BrandId, ClassificationId, LandingPageId, RunId, VideoAnalysisId,
        classification::{
            Awareness, Components, Congruence, CreativeFormat, Digest, Judgement, Level, Source,
            VideoLength, congruence, without_nul,
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

/// A classification that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: ClassificationId,
    /// What it says.
    pub classification: Classification,
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
         where $25
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

/// A classification of content that is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reusable {
    /// Its id.
    pub id: ClassificationId,
    /// What was looked at.
    pub source: Source,
}

/// Which of these ads were classified with this content by these versions of prompt and schema, by ad.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn reusable(
    tx: &mut Tx,
    brand: BrandId,
    contents: &[(String, Digest)],
    (prompt_version, schema_version): (&str, &str),
) -> sqlx::Result<BTreeMap<String, Reusable>> {
    let ads: Vec<&str> = contents.iter().map(|(ad, _)| ad.as_str()).collect();
    let hashes: Vec<&[u8]> = contents.iter().map(|(_, hash)| hash.as_slice()).collect();
    let rows = sqlx::query!(
        r#"
        select kept.meta_ad_id as ad, kept.id as "id: ClassificationId", kept.source as "source: Source"
          from unnest($2::text[], $3::bytea[]) as asked (ad, hash)
          join ad_creative_classifications as kept
            on kept.brand_id = $1 and kept.meta_ad_id = asked.ad and kept.prompt_version = $4
           and kept.schema_version = $5 and kept.content_hash = asked.hash
        "#,
        brand.0,
        &ads as &[&str],
        &hashes as &[&[u8]],
        prompt_version,
        schema_version,
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let reusable = Reusable {
            id: row.id,
            source: row.source,
        };
        (row.ad, reusable)
    });
    Ok(found.collect())
}

/// The newest classification of an ad.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn newest(tx: &mut Tx, brand: BrandId, ad: &str) -> sqlx::Result<Option<Stored>> {
    let row = sqlx::query!(
        r#"
        select id as "id: ClassificationId", meta_ad_id as ad, run_id as "run: RunId",
               creative_awareness_level as "creative: Awareness", creative_awareness_confidence as creative_confidence,
               creative_format as "creative_format: CreativeFormat", creative_angle,
               video_length_bucket as "video_length: VideoLength", video_duration_sec,
               copy_awareness_level as "copy: Awareness", copy_awareness_confidence as copy_confidence,
               hook_type, primary_cta, landing_page_id as "landing_page: LandingPageId",
               landing_page_awareness_level as "page: Awareness", landing_page_confidence as page_confidence,
               congruence_components as "components: Json<Components>",
               video_analysis_id as "video_analysis: VideoAnalysisId", source as "source: Source", prompt_version,
               schema_version, content_hash as "content_hash: Digest", model_used, raw_classification as raw, classified_at
          from ad_creative_classifications
         where brand_id = $1 and meta_ad_id = $2
         order by classified_at desc, id desc
         limit 1
        "#,
        brand.0,
        ad,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Stored {
        id: row.id,
        classification: Classification {
            ad: row.ad,
            run: row.run,
            judgement: Judgement {
                creative: level(row.creative, row.creative_confidence),
                creative_format: row.creative_format,
                creative_angle: row.creative_angle,
                video_length: row.video_length,
                video_duration_sec: row.video_duration_sec,
                copy: level(row.copy, row.copy_confidence),
                hook_type: row.hook_type,
                primary_cta: row.primary_cta,
            },
            landing_page: row.landing_page,
            landing_page_level: level(row.page, row.page_confidence),
            components: row.components.0,
            video_analysis: row.video_analysis,
            source: row.source,
            prompt_version: row.prompt_version,
            schema_version: row.schema_version,
            content_hash: row.content_hash,
            model_used: row.model_used,
            raw: row.raw,
            classified_at: row.classified_at,
        },
    }))
}
