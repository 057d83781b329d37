//! What a destination changes besides its own row.

use chrono::{DateTime, Utc};

use super::Found;
use crate::{domain::BrandId, store::Tx};

/// Marks the ads as read with an answer, and keeps their `urls`, if any.
pub(super) async fn settle(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    (ads, urls): (&[String], Option<&[String]>),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with told as (
            select meta_ads.id, new.url
              from unnest($3::text[], $4::text[]) as new (ad, url)
              join meta_ads on brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id = new.ad
             order by meta_ad_id
               for update of meta_ads
        )
        update meta_ads
           set destination_url = coalesce(told.url, destination_url), destination_attempts = 0,
               destination_read_at = $5, destination_is_stale = false
          from told
         where meta_ads.id = told.id
        "#,
        brand.0,
        account,
        ads,
        urls.unwrap_or_default(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes the addresses to the rows of numbers that have another one, or none.
pub(super) async fn copy_to_days(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    found: &Found,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update meta_ads_performance as day
           set destination_url = new.url
          from unnest($3::text[], $4::text[]) as new (ad, url)
         where day.brand_id = $1 and day.meta_ad_account_id = $2 and day.meta_ad_id = new.ad
           and day.destination_url is distinct from new.url
        "#,
        brand.0,
        account,
        &found.ads,
        &found.urls,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An ad with a link is not one without; an ad with one link is not one with several.
pub(super) async fn take_back_status(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    found: &Found,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from meta_ad_destination_status as status
         using unnest($3::text[], $4::int[]) as new (ad, url_count), meta_ads
         where status.brand_id = $1 and status.meta_ad_id = new.ad and (status.status = 'no_url' or new.url_count = 1)
           and meta_ads.brand_id = $1 and meta_ads.meta_ad_account_id = $2 and meta_ads.meta_ad_id = new.ad
        "#,
        brand.0,
        account,
        &found.ads,
        &found.url_counts,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
