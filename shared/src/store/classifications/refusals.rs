//! Questions about ads that a model has refused: rows of `ad_classification_refusals`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Reuse;
use crate::{
    domain::{BrandId, classification::Digest},
    store::Tx,
};

/// A question about an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The ad.
    pub ad: &'a str,
    /// What for: `light`, `video` or `copy`.
    pub operation: &'static str,
    /// Who is asked, as in the settings.
    pub model: &'a str,
    /// Digest of what is looked at.
    pub content_hash: Digest,
}

/// A question that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What for, as in `light`.
    pub operation: String,
    /// Why, for people.
    pub message: String,
    /// The local stack's stand-in refused it, which binds nobody else.
    pub is_of_stand_in: bool,
    /// When, last.
    pub at: DateTime<Utc>,
}

/// Which of these questions were refused when they were asked by these versions of prompt and schema, by ad; of
/// several about one ad, the last.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn refused(
    tx: &mut Tx,
    brand: BrandId,
    asked: &[Asked<'_>],
    (prompt_version, schema_version): (&str, &str),
    reuse: Reuse,
) -> sqlx::Result<BTreeMap<String, Refused>> {
    let ads: Vec<&str> = asked.iter().map(|it| it.ad).collect();
    let operations: Vec<&str> = asked.iter().map(|it| it.operation).collect();
    let models: Vec<&str> = asked.iter().map(|it| it.model).collect();
    let hashes: Vec<&[u8]> = asked.iter().map(|it| it.content_hash.as_slice()).collect();
    let rows = sqlx::query!(
        r#"
        select kept.meta_ad_id as ad, kept.operation, kept.message, kept.is_of_stand_in, kept.refused_at
          from unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) as asked (ad, operation, model, hash)
          join ad_classification_refusals as kept
            on kept.brand_id = $1 and kept.meta_ad_id = asked.ad and kept.operation = asked.operation
           and kept.model = asked.model and kept.prompt_version = $6 and kept.schema_version = $7
           and kept.content_hash = asked.hash
           and ($8::timestamptz is null or kept.refused_at >= $8)
           and ($9 or not kept.is_of_stand_in)
         order by kept.refused_at, kept.operation
        "#,
        brand.0,
        &ads as &[&str],
        &operations as &[&str],
        &models as &[&str],
        &hashes as &[&[u8]],
        prompt_version,
        schema_version,
        reuse.since,
        reuse.is_stand_in_good,
    )
    .fetch_all(&mut **tx)
    .await?;
    let found = rows.into_iter().map(|row| {
        let refused = Refused {
            operation: row.operation,
            message: row.message,
            is_of_stand_in: row.is_of_stand_in,
            at: row.refused_at,
        };
        (row.ad, refused)
    });
    Ok(found.collect())
}

/// Remembers that a question was refused.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if there is no such brand.
pub async fn refuse(
    tx: &mut Tx,
    brand: BrandId,
    asked: Asked<'_>,
    (prompt_version, schema_version): (&str, &str),
    refused: &Refused,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into ad_classification_refusals (
            organization_id, brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash,
            message, is_of_stand_in, refused_at)
        select organization_id, id, $2, $3, $4, $5, $6, $7, $8, $9, $10
          from brands where id = $1
        on conflict (brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash) do update
           set (message, is_of_stand_in, refused_at)
             = (excluded.message, excluded.is_of_stand_in, excluded.refused_at)
        "#,
        brand.0,
        asked.ad,
        asked.operation,
        asked.model,
        prompt_version,
        schema_version,
        &asked.content_hash,
        refused.message.replace('\0', ""),
        refused.is_of_stand_in,
        refused.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets that a question was refused: it was answered.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn forget(
    tx: &mut Tx,
    brand: BrandId,
    asked: Asked<'_>,
    (prompt_version, schema_version): (&str, &str),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from ad_classification_refusals
         where (brand_id, meta_ad_id, operation, model, prompt_version, schema_version, content_hash)
             = ($1, $2, $3, $4, $5, $6, $7)
        "#,
        brand.0,
        asked.ad,
        asked.operation,
        asked.model,
        prompt_version,
        schema_version,
        &asked.content_hash,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
