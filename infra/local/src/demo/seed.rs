//! What the demo writes into the tables that other parts of the pipeline would fill: a brand with
//! an ad account, its ads with their spend, and the job.
//!
//! Running it again is safe: the brand is always the same, its old jobs are archived and its assets
//! forgotten first.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::{Uuid, uuid};

use crate::meta::{catalogue::ACCOUNT, catalogue::SampleAd};

/// The demo's organisation.
const ORGANIZATION: Uuid = uuid!("5d1a1000-0000-4000-8000-000000000001");

/// The demo's brand.
pub(super) const BRAND: Uuid = uuid!("5d1a1000-0000-4000-8000-000000000002");

/// What the job is asked to do: more than there is.
pub(super) const VIDEOS_MAX: u32 = 100;
const IMAGES_MAX: u32 = 200;

/// Clears what an earlier demo left in a database that was kept, and writes the brand.
pub(super) async fn brand(db: &mut PgConnection) -> sqlx::Result<()> {
    for statement in [
        "update scheduled_jobs set status = 'archived', next_run_at = null, pause_reason = null
          where brand_id = $1 and status in ('active', 'paused')",
        "delete from meta_ad_assets where brand_id = $1",
        "delete from meta_ads_performance where brand_id = $1",
    ] {
        sqlx::query(statement).bind(BRAND).execute(&mut *db).await?;
    }
    sqlx::query("insert into organizations (id, name) values ($1, 'Demo') on conflict do nothing")
        .bind(ORGANIZATION)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into brands (id, organization_id, name) values ($1, $2, 'Sundial Coffee')
         on conflict do nothing",
    )
    .bind(BRAND)
    .bind(ORGANIZATION)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id, account_name, currency)
         values ($1, $2, $3, 'Stand-in account', 'EUR') on conflict do nothing",
    )
    .bind(ORGANIZATION)
    .bind(BRAND)
    .bind(ACCOUNT)
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Writes what a sync would have found about these ads yesterday.
pub(super) async fn ads(
    db: &mut PgConnection,
    ads: &[SampleAd],
    today: NaiveDate,
) -> sqlx::Result<()> {
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    for (place, ad) in ads.iter().enumerate() {
        let spend = 900_i64
            .saturating_sub(i64::try_from(place).unwrap_or(i64::MAX))
            .max(1);
        sqlx::query(
            "insert into meta_ads_performance
                    (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id, date,
                     ad_name, spend, impressions, meta_video_id, is_video, object_type)
             values ($1, $2, $3, $4, $5, $6, $7, $8::bigint::numeric, 1000, $9, $10, $11)",
        )
        .bind(ORGANIZATION)
        .bind(BRAND)
        .bind(ACCOUNT)
        .bind(&ad.ad_id)
        .bind(&ad.campaign_id)
        .bind(yesterday)
        .bind(&ad.name)
        .bind(spend)
        .bind(&ad.meta_video_id)
        .bind(ad.is_video)
        .bind(&ad.object_type)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Writes the job's row: a cron expression that fires at `fire`, every day at that minute.
pub(super) async fn job(
    db: &mut PgConnection,
    cron: &str,
    fire: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    let parameters = json!({"max_videos": VIDEOS_MAX, "max_images": IMAGES_MAX});
    let (id,): (Uuid,) = sqlx::query_as(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
         values ($1, $2, 'asset_download', 'Download Sundial Coffee Assets', $3, 'recurring', $4, $5)
         returning id",
    )
    .bind(ORGANIZATION)
    .bind(BRAND)
    .bind(Json(parameters))
    .bind(cron)
    .bind(fire)
    .fetch_one(&mut *db)
    .await?;
    Ok(id)
}

/// Ends the job, so that nothing of the demo fires tomorrow.
pub(super) async fn archive(db: &mut PgConnection, job: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update scheduled_jobs set status = 'archived', next_run_at = null, pause_reason = null
          where id = $1",
    )
    .bind(job)
    .execute(&mut *db)
    .await?;
    Ok(())
}
