//! Which ads have media to fetch, the ones that matter most first.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{domain::BrandId, store::Tx};

/// A brand, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The brand's name.
    pub name: String,
    /// How many ad accounts are linked to it.
    pub accounts: i64,
}

/// An ad with something to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibleAd {
    /// The account the ad runs in.
    pub account: String,
    /// The ad.
    pub ad: String,
    /// True when any row of it shows a sign of a video.
    pub is_video: bool,
    /// The video that the newest row with one names.
    pub video_id: Option<String>,
}

/// How many ads there are of one kind, and how many of them have something to fetch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Ads with a sign of a video.
    pub videos: i64,
    /// Of these, ads with something to fetch now.
    pub videos_eligible: i64,
    /// Ads without such a sign.
    pub images: i64,
    /// Of these, ads with something to fetch now.
    pub images_eligible: i64,
}

/// The brand's name and number of accounts, `None` when there is no such brand.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn owner(tx: &mut Tx, brand: BrandId) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as!(
        Owner,
        r#"
        select name, (select count(*) from brand_ad_accounts where brand_id = $1) as "accounts!"
          from brands
         where id = $1
        "#,
        brand.0,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// The first `videos_max` video ads and `images_max` other ads with something to fetch at `now`: highest
/// spend since `recent`, then newest, then by id.
///
/// An ad has something to fetch when its primary medium has no row, when a failed medium is due, or, after
/// all others, when only a render was kept before `stale`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn eligible(
    tx: &mut Tx,
    brand: BrandId,
    (now, stale, recent): (DateTime<Utc>, DateTime<Utc>, NaiveDate),
    (videos_max, images_max): (u32, u32),
) -> sqlx::Result<Vec<EligibleAd>> {
    sqlx::query_as!(
        EligibleAd,
        r#"
        with ads as (
            select meta_ad_id as ad,
                   (array_agg(meta_ad_account_id order by date desc))[1] as account,
                   bool_or(is_video or meta_video_id is not null or object_type ilike '%video%') is true as is_video,
                   (array_agg(meta_video_id order by date desc) filter (where meta_video_id is not null))[1] as video_id,
                   coalesce(sum(spend) filter (where date >= $4), 0) as recent_spend,
                   max(date) as newest
              from meta_ads_performance
             where brand_id = $1
             group by meta_ad_id
        ), kept as (
            select meta_ad_id as ad,
                   bool_or(is_primary) as has_primary,
                   bool_or(status = 'failed' and next_attempt_at <= $2) is true as is_due,
                   bool_or(status = 'downloaded' and quality <> 'full' and fetched_at <= $3) is true as is_stale
              from meta_ad_assets
             where brand_id = $1
             group by meta_ad_id
        ), ranked as (
            select ads.*, row_number() over (
                       partition by is_video
                       order by (has_primary and not is_due) is true, recent_spend desc, newest desc, ads.ad
                   ) as place
              from ads left join kept using (ad)
             where kept.ad is null or not has_primary or is_due or is_stale
        )
        select account as "account!", ad, is_video as "is_video!", video_id
          from ranked
         where place <= case when is_video then $5::bigint else $6::bigint end
         order by place, is_video desc
        "#,
        brand.0,
        now,
        stale,
        recent,
        i64::from(videos_max),
        i64::from(images_max),
    )
    .fetch_all(&mut **tx)
    .await
}

/// How many ads there are, and how many still have something to fetch at `now`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn standing(tx: &mut Tx, brand: BrandId, now: DateTime<Utc>) -> sqlx::Result<Standing> {
    sqlx::query_as!(
        Standing,
        r#"
        with ads as (
            select meta_ad_id as ad,
                   bool_or(is_video or meta_video_id is not null or object_type ilike '%video%') is true as is_video
              from meta_ads_performance
             where brand_id = $1
             group by meta_ad_id
        ), kept as (
            select meta_ad_id as ad,
                   bool_or(is_primary) as has_primary,
                   bool_or(status = 'failed' and next_attempt_at <= $2) is true as is_due
              from meta_ad_assets
             where brand_id = $1
             group by meta_ad_id
        ), judged as (
            select is_video, kept.ad is null or not has_primary or is_due as is_eligible
              from ads left join kept using (ad)
        )
        select count(*) filter (where is_video) as "videos!",
               count(*) filter (where is_video and is_eligible) as "videos_eligible!",
               count(*) filter (where not is_video) as "images!",
               count(*) filter (where not is_video and is_eligible) as "images_eligible!"
          from judged
        "#,
        brand.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}
