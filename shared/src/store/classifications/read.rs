//! Finding rows of `ad_creative_classifications` again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{Classification, level};
use crate::{
    domain::{
        BrandId, ClassificationId, LandingPageId, RunId, VideoAnalysisId,
        classification::{
            Awareness, Components, CreativeFormat, Digest, Judgement, Source, VideoLength,
        },
    },
    store::Tx,
};

/// A classification that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: ClassificationId,
    /// What it says.
    pub classification: Classification,
}

/// A classification of content that is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reusable {
    /// Its id.
    pub id: ClassificationId,
    /// What was looked at.
    pub source: Source,
}

/// What of what is kept may be used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reuse {
    /// Only what was made since then, where everything is wanted anew.
    pub since: Option<DateTime<Utc>>,
    /// Also what a stand-in has made up.
    pub is_stand_in_good: bool,
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
    reuse: Reuse,
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
           and ($6::timestamptz is null or kept.classified_at >= $6)
           and ($7 or kept.model_used <> 'stand-in')
        "#,
        brand.0,
        &ads as &[&str],
        &hashes as &[&[u8]],
        prompt_version,
        schema_version,
        reuse.since,
        reuse.is_stand_in_good,
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
