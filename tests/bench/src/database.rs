//! What the groups write into the database and read from it.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use sqlx::{PgConnection, types::Json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::world::JOB;

/// How often the ledger is looked at; rarely, so as not to disturb what is measured.
const POLL: Duration = Duration::from_millis(20);
/// The longest any measured run may take.
const RUN_WAIT: Duration = Duration::from_secs(300);

/// A brand with one ad account, and ads in it.
#[derive(Debug, Clone)]
pub(crate) struct Brand {
    pub(crate) id: Uuid,
    organization: Uuid,
    account: String,
}

/// An ended run.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Ended {
    pub(crate) status: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) completed_at: DateTime<Utc>,
    pub(crate) metadata: Json<Map<String, Value>>,
    pub(crate) error_message: Option<String>,
}

/// Writes a brand; `number` makes its account.
pub(crate) async fn brand(db: &mut PgConnection, number: u64) -> sqlx::Result<Brand> {
    let brand = Brand {
        id: Uuid::new_v4(),
        organization: Uuid::new_v4(),
        account: format!("act_{}", 1000 + number),
    };
    sqlx::query("insert into organizations (id, name) values ($1, 'Bench')")
        .bind(brand.organization)
        .execute(&mut *db)
        .await?;
    sqlx::query("insert into brands (id, organization_id, name) values ($1, $2, 'Bench')")
        .bind(brand.id)
        .bind(brand.organization)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id, account_name, currency)
         values ($1, $2, $3, 'Bench', 'EUR')",
    )
    .bind(brand.organization)
    .bind(brand.id)
    .bind(&brand.account)
    .execute(&mut *db)
    .await?;
    Ok(brand)
}

/// Writes the ads of a brand, as a sync would have found them on `day`.
pub(crate) async fn ads(
    db: &mut PgConnection,
    brand: &Brand,
    ads: impl Iterator<Item = u64>,
    is_video: bool,
    day: NaiveDate,
) -> sqlx::Result<()> {
    let ads: Vec<String> = ads.map(|ad| ad.to_string()).collect();
    sqlx::query(
        "insert into meta_ads_performance
                (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id, date, spend,
                 is_video, meta_video_id)
         select $1, $2, $3, ad, '1', $4, 1, $5, case when $5 then ad end from unnest($6::text[]) ad",
    )
    .bind(brand.organization)
    .bind(brand.id)
    .bind(&brand.account)
    .bind(day)
    .bind(is_video)
    .bind(ads)
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Writes a job that fires by `cron`, first at `fire`. `number`, at most 200, makes it differ from the brand's other jobs.
pub(crate) async fn job(
    db: &mut PgConnection,
    brand: &Brand,
    number: u32,
    (cron, fire): (&str, DateTime<Utc>),
) -> sqlx::Result<Uuid> {
    let (id,): (Uuid,) = sqlx::query_as(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
         values ($1, $2, $3, 'Bench', jsonb_build_object('max_images', $4::int), 'recurring', $5, $6)
         returning id",
    )
    .bind(brand.organization)
    .bind(brand.id)
    .bind(JOB)
    .bind(i64::from(number))
    .bind(cron)
    .bind(fire)
    .fetch_one(&mut *db)
    .await?;
    Ok(id)
}

/// Waits until a run has ended, and fails unless it is completed.
pub(crate) async fn completed(db: &mut PgConnection, run: Uuid) -> anyhow::Result<Ended> {
    let give_up = Instant::now() + RUN_WAIT;
    loop {
        let ended: Option<Ended> = sqlx::query_as(
            "select status, started_at, completed_at, metadata, error_message
               from scheduled_job_runs where id = $1 and completed_at is not null and started_at is not null",
        )
        .bind(run)
        .fetch_optional(&mut *db)
        .await?;
        if let Some(ended) = ended {
            let error = ended.error_message.as_deref().unwrap_or_default();
            anyhow::ensure!(
                ended.status == "completed",
                "run {run} is {}: {error}",
                ended.status
            );
            return Ok(ended);
        }
        anyhow::ensure!(Instant::now() < give_up, "run {run} does not end");
        tokio::time::sleep(POLL).await;
    }
}

/// How much is stored of a brand: media, and bytes.
pub(crate) async fn stored(db: &mut PgConnection, brand: &Brand) -> anyhow::Result<(u64, u64)> {
    let (media, bytes): (i64, i64) = sqlx::query_as(
        "select count(*), coalesce(sum(file_size_bytes), 0)::bigint
           from meta_ad_assets where brand_id = $1 and status = 'downloaded'",
    )
    .bind(brand.id)
    .fetch_one(db)
    .await
    .context("counting what is stored")?;
    Ok((media.try_into()?, bytes.try_into()?))
}

/// Writes `count` daily jobs of a brand, spread over the minutes of the day; the first is due an hour from now.
pub(crate) async fn daily_jobs(
    db: &mut PgConnection,
    brand: &Brand,
    count: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
         select $1, $2, $3, 'Bench ' || n, jsonb_build_object('n', n), 'recurring',
                to_char(first at time zone 'UTC', 'FMMI FMHH24') || ' * * *', first
           from generate_series(1, $4::bigint) n,
                lateral (select date_trunc('minute', now()) + interval '1 h'
                                + n % 1320 * interval '1 min' as first) at",
    )
    .bind(brand.organization)
    .bind(brand.id)
    .bind(JOB)
    .bind(count)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives one daily job another minute and counts the jobs that were changed.
pub(crate) async fn move_one(db: &mut PgConnection) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "update scheduled_jobs
            set cron_expression = to_char((next_run_at + interval '1 min') at time zone 'UTC',
                                          'FMMI FMHH24') || ' * * *',
                next_run_at = next_run_at + interval '1 min', revision = revision + 1
          where id = (select max(id::text)::uuid from scheduled_jobs)",
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
