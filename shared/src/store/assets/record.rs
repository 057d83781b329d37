//! What became of a medium.

use chrono::{DateTime, Utc};

use super::{AdKey, Copy, MediumKey};
use crate::store::Tx;

/// What became of a medium.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is kept.
    Downloaded(Copy),
    /// It could not be had this time.
    Failed {
        /// A word for what went wrong, as in `http_403`.
        reason: String,
        /// How often it was tried in vain, this time included.
        attempts: i32,
        /// When it may be tried again; `None` gives it up.
        next_attempt_at: Option<DateTime<Utc>>,
    },
    /// It cannot be had, and trying again changes nothing.
    NotDownloadable {
        /// A word for why, as in `no_source_url`.
        reason: String,
    },
}

impl Verdict {
    /// The word in SQL.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Downloaded(_) => "downloaded",
            Self::Failed { .. } => "failed",
            Self::NotDownloadable { .. } => "not_downloadable",
        }
    }
}

/// Writes the verdict. A kept copy is never replaced by a failure.
///
/// `is_primary` moves the mark to this medium from any other of the same ad and type.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if another run marks another primary at the same time.
pub async fn record(
    tx: &mut Tx,
    key: &AdKey,
    medium: MediumKey<'_>,
    is_primary: bool,
    (verdict, now): (&Verdict, DateTime<Utc>),
) -> sqlx::Result<()> {
    if is_primary {
        unmark_others(tx, key, medium).await?;
    }
    upsert(tx, key, medium, is_primary, (verdict, now)).await
}

/// Columns of a verdict; those that do not apply are empty.
#[derive(Default)]
struct Columns<'a> {
    refusal: Option<&'a str>,
    failure: Option<&'a str>,
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    copy: Option<&'a Copy>,
}

impl<'a> From<&'a Verdict> for Columns<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::Downloaded(copy) => Self {
                copy: Some(copy),
                ..Self::default()
            },
            Verdict::NotDownloadable { reason } => Self {
                refusal: Some(reason),
                ..Self::default()
            },
            Verdict::Failed {
                reason,
                attempts,
                next_attempt_at,
            } => Self {
                failure: Some(reason),
                attempts: *attempts,
                next_attempt_at: *next_attempt_at,
                ..Self::default()
            },
        }
    }
}

async fn upsert(
    tx: &mut Tx,
    key: &AdKey,
    medium: MediumKey<'_>,
    is_primary: bool,
    (verdict, now): (&Verdict, DateTime<Utc>),
) -> sqlx::Result<()> {
    let Columns {
        refusal,
        failure,
        attempts,
        next_attempt_at,
        copy,
    } = verdict.into();
    sqlx::query!(
        r#"
        insert into meta_ad_assets as kept (
            organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type, source_id, is_primary,
            status, not_downloadable_reason, failure_reason, attempts, next_attempt_at, storage_path, mime_type,
            file_size_bytes, sha256, quality, width, height, duration_seconds, source_url, fetched_at,
            meta_video_id, image_hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                $20::float8, $21, $22, case when $5 = 'video' then $6 end,
                case when $5 = 'image' and $6 ~ '^[0-9a-f]{32}$' then $6 end)
        on conflict (brand_id, meta_ad_id, asset_type, source_id) do update
           set (meta_ad_account_id, is_primary, status, not_downloadable_reason, failure_reason, attempts,
                next_attempt_at, storage_path, mime_type, file_size_bytes, sha256, quality, width, height,
                duration_seconds, source_url, fetched_at)
             = (excluded.meta_ad_account_id, excluded.is_primary, excluded.status,
                excluded.not_downloadable_reason, excluded.failure_reason, excluded.attempts,
                excluded.next_attempt_at, excluded.storage_path, excluded.mime_type, excluded.file_size_bytes,
                excluded.sha256, excluded.quality, excluded.width, excluded.height, excluded.duration_seconds,
                excluded.source_url, excluded.fetched_at)
         where kept.status <> 'downloaded' or excluded.status = 'downloaded'
        "#,
        key.organization_id.0,
        key.brand_id.0,
        key.account,
        key.ad,
        medium.asset_type,
        medium.source_id,
        is_primary,
        verdict.status(),
        refusal,
        failure,
        attempts,
        next_attempt_at,
        copy.map_or("", |copy| &copy.storage_path),
        copy.map(|copy| copy.mime_type.as_str()),
        copy.map(|copy| copy.bytes),
        copy.map(|copy| copy.sha256.as_slice()),
        copy.map(|copy| copy.quality.as_str()),
        copy.and_then(|copy| copy.width),
        copy.and_then(|copy| copy.height),
        copy.and_then(|copy| copy.duration_seconds),
        copy.and_then(|copy| copy.source_url.as_deref()),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn unmark_others(tx: &mut Tx, key: &AdKey, medium: MediumKey<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update meta_ad_assets
           set is_primary = false
         where brand_id = $1 and meta_ad_id = $2 and asset_type = $3 and source_id <> $4 and is_primary
        "#,
        key.brand_id.0,
        key.ad,
        medium.asset_type,
        medium.source_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the rows of an ad that only stood in for media since found: verdicts on the ad as a whole
/// (`stand_in` as their source) and renders that are not among `media`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn drop_stand_ins(
    tx: &mut Tx,
    key: &AdKey,
    stand_in: &str,
    media: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from meta_ad_assets
         where brand_id = $1 and meta_ad_id = $2 and source_id <> all($4)
           and (source_id = $3 or status <> 'downloaded' or quality <> 'full')
        "#,
        key.brand_id.0,
        key.ad,
        stand_in,
        media,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
