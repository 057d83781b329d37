//! What the demo writes that people would: a brand, its linked ad account, and the job. Ads and numbers come from
//! the sync.
//!
//! Running it again is safe: the brand is always the same; its old jobs are archived, and what they stored is
//! forgotten first.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::{Uuid, uuid};

use crate::meta::{catalogue::ACCOUNT, catalogue::SampleAd};

/// The demo's organisation.
const ORGANIZATION: Uuid = uuid!("5d1a1000-0000-4000-8000-000000000001");

/// The demo's brand.
pub(super) const BRAND: Uuid = uuid!("5d1a1000-0000-4000-8000-000000000002");

/// Days before today that the sync is asked for; it reads those that Meta still corrects as well.
pub(super) const DAYS_BACK: u32 = 7;

/// The most ads whose media the download may be asked for.
const VIDEO_ADS_MAX: usize = 100;
const IMAGE_ADS_MAX: usize = 200;

/// Checks that one download has room for everything, so that the second finds nothing to do.
pub(super) fn fits(ads: &[SampleAd]) -> anyhow::Result<()> {
    let videos = ads.iter().filter(|ad| ad.is_video).count();
    let images = ads.len() - videos;
    anyhow::ensure!(
        videos <= VIDEO_ADS_MAX && images <= IMAGE_ADS_MAX,
        "the media make {videos} ads with videos and {images} with images, and one download has room for \
         {VIDEO_ADS_MAX} and {IMAGE_ADS_MAX}: use a smaller folder"
    );
    Ok(())
}

/// Clears what an earlier demo left in a database that was kept, and writes the brand.
pub(super) async fn brand(db: &mut PgConnection) -> sqlx::Result<()> {
    for statement in [
        "update scheduled_jobs set status = 'archived', next_run_at = null, pause_reason = null
          where brand_id = $1 and status in ('active', 'paused')",
        "update scheduled_job_runs set status = 'cancelled', reason = null, completed_at = now()
          where status = 'pending'
            and scheduled_job_id in (select id from scheduled_jobs where brand_id = $1)",
        "update scheduled_job_runs set cancel_requested_at = now()
          where status = 'running'
            and scheduled_job_id in (select id from scheduled_jobs where brand_id = $1)",
        "delete from meta_ad_assets where brand_id = $1",
        "delete from meta_ads_performance where brand_id = $1",
        "delete from meta_ads_demographic_performance where brand_id = $1",
        "delete from meta_ad_destinations where brand_id = $1",
        "delete from meta_ad_destination_status where brand_id = $1",
        "delete from meta_ads where brand_id = $1",
        "delete from meta_campaigns where brand_id = $1",
        "delete from meta_sync_days where brand_id = $1",
        "delete from ad_intelligence_baselines where brand_id = $1",
        "delete from dataset_status where brand_id = $1",
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
        "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id, is_primary)
         values ($1, $2, $3, true)
             on conflict (brand_id, meta_ad_account_id) do update
            set is_primary = true, connection = 'connected', connection_error = null,
                paused_until = null, pause_reason = null",
    )
    .bind(ORGANIZATION)
    .bind(BRAND)
    .bind(ACCOUNT)
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Writes the job's row: a cron expression that fires at `fire`, every day at that minute.
pub(super) async fn job(
    db: &mut PgConnection,
    cron: &str,
    fire: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    let parameters = json!({"days_back": DAYS_BACK,
        "download_max_videos": VIDEO_ADS_MAX, "download_max_images": IMAGE_ADS_MAX});
    let (id,): (Uuid,) = sqlx::query_as(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
         values ($1, $2, 'meta_sync', 'Sync Sundial Coffee', $3, 'recurring', $4, $5)
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
