//! What is already kept.

use chrono::{DateTime, Utc};

use crate::{domain::BrandId, store::Tx};

/// An object that holds a medium.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// The object's key.
    pub storage_path: String,
    /// As found in its first bytes.
    pub mime_type: String,
    /// Its size.
    pub bytes: i64,
    /// Of all its bytes.
    pub sha256: Vec<u8>,
    /// `full`, `render_1080` or `thumb`.
    pub quality: String,
    /// Pixels across, where Meta told.
    pub width: Option<i32>,
    /// Pixels down, where Meta told.
    pub height: Option<i32>,
    /// Length of a video in seconds, where Meta told.
    pub duration_seconds: Option<f64>,
    /// Where it came from, without the query.
    pub source_url: Option<String>,
}

/// A medium that has a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The ad.
    pub ad: String,
    /// `video` or `image`.
    pub asset_type: String,
    /// Which medium.
    pub source_id: String,
    /// `downloaded`, `failed` or `not_downloadable`.
    pub status: String,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// When a failed one may be tried again; `None` when it may not.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// How good the kept copy is.
    pub quality: Option<String>,
    /// When it was last looked at.
    pub fetched_at: DateTime<Utc>,
}

/// Most rows read for one group of ads: 50 ads of 80 media.
const KNOWN_MAX: i64 = 4_000;

/// What is known of the media of these ads.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn known(tx: &mut Tx, brand: BrandId, ads: &[String]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"
        select meta_ad_id as ad, asset_type, source_id, status, attempts, next_attempt_at, quality, fetched_at
          from meta_ad_assets
         where brand_id = $1 and meta_ad_id = any($2)
         limit $3
        "#,
        brand.0,
        ads,
        KNOWN_MAX,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A medium of an account that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptMedium {
    /// `video` or `image`.
    pub asset_type: String,
    /// Which medium.
    pub source_id: String,
    /// The best copy of it, under whichever ad.
    pub copy: Copy,
}

/// Which of these media, as pairs of type and source, are kept under any ad of the account.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn kept_media(
    tx: &mut Tx,
    brand: BrandId,
    account: &str,
    (asset_types, source_ids): (&[String], &[String]),
) -> sqlx::Result<Vec<KeptMedium>> {
    sqlx::query!(
        r#"
        select distinct on (asset_type, source_id)
               asset_type, source_id, storage_path, mime_type as "mime_type!", file_size_bytes as "bytes!",
               sha256 as "sha256!", quality as "quality!", width, height,
               duration_seconds::float8 as duration_seconds, source_url
          from meta_ad_assets
         where brand_id = $1 and meta_ad_account_id = $2
           and (asset_type, source_id) in (select * from unnest($3::text[], $4::text[]))
           and status = 'downloaded' and quality is not null
         order by asset_type, source_id, quality = 'full' desc, created_at
        "#,
        brand.0,
        account,
        asset_types,
        source_ids,
    )
    .map(|row| KeptMedium {
        asset_type: row.asset_type,
        source_id: row.source_id,
        copy: Copy {
            storage_path: row.storage_path,
            mime_type: row.mime_type,
            bytes: row.bytes,
            sha256: row.sha256,
            quality: row.quality,
            width: row.width,
            height: row.height,
            duration_seconds: row.duration_seconds,
            source_url: row.source_url,
        },
    })
    .fetch_all(&mut **tx)
    .await
}

/// Sizes in bytes of the brand's kept media, each once, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn kept_sizes(tx: &mut Tx, brand: BrandId, limit: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"
        select distinct file_size_bytes as "bytes!"
          from meta_ad_assets
         where brand_id = $1 and status = 'downloaded'
         limit $2
        "#,
        brand.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The key of an object of the brand with exactly these bytes.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn same_bytes(
    tx: &mut Tx,
    brand: BrandId,
    sha256: &[u8; 32],
    mime_type: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select storage_path
          from meta_ad_assets
         where brand_id = $1 and sha256 = $2 and mime_type = $3 and status = 'downloaded'
         order by created_at
         limit 1
        "#,
        brand.0,
        &sha256[..],
        mime_type,
    )
    .fetch_optional(&mut **tx)
    .await
}
