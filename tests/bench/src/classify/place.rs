//! What classifying needs around it: a database, a bucket, a stand-in for Gemini, and a bus.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::{
    gemini::{Gemini, KEY},
    lambda::Host,
    objects::{ACCESS_KEY, Objects, SECRET_KEY},
    postgres::{Postgres, Source},
    server::Server,
    stack::{BUS, REGION},
};
use uuid::Uuid;

use crate::{bus, claims, files};

/// The function and its job type.
pub(crate) const JOB: &str = "ad_classification";
/// Ads that are looked at at the same time.
pub(crate) const AT_ONCE: u32 = 6;
/// The memory of the function, by `infra/aws/functions.tf.json`.
const MEMORY_MB: &str = "256";
const BUCKET: &str = "assets";
const ACCOUNT: &str = "act_555000111";
/// As large as pictures of ads are.
const PICTURE_BYTES: u64 = 200_000;
/// All pictures are this file; the database tells them apart.
const PICTURE: &str = "picture.jpg";
const CLIP: &str = "clip.mp4";

/// What ads show.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Picture,
    /// A video with so many bytes.
    Video(u64),
}

/// Everything around the function.
pub(crate) struct Place {
    pub(crate) gemini: Gemini,
    pool: PgPool,
    log: PathBuf,
    bucket: PathBuf,
    postgres: Postgres,
    host: Host,
    server: Server,
    objects: Objects,
}

/// A run in the ledger.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) status: String,
    pub(crate) run_after: DateTime<Utc>,
    pub(crate) error_message: Option<String>,
    pub(crate) new_count: Option<i64>,
}

impl Place {
    /// Starts everything, with its data in a folder of `data`.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let home = data.join("classify");
        std::fs::create_dir_all(&home)?;
        let postgres = Postgres::start(Source::Kept(home.join("postgres"))).await?;
        sundial_local::stack::migrate(postgres.url()).await?;
        let pool = PgPoolOptions::new().max_connections(2);
        let pool = pool.connect(postgres.url()).await?;
        let s3 = home.join("s3");
        let objects = Objects::start(&s3, 0).await?;
        objects.create_bucket(BUCKET)?;
        let bound = Server::bind(0).await?;
        let (host, bridge) = bus::open(vec![], None).await?;
        let server = bound.serve(bridge.router());
        Ok(Self {
            gemini: Gemini::start(0).await?,
            pool,
            log: home.join("function.log"),
            bucket: s3.join(BUCKET),
            postgres,
            host,
            server,
            objects,
        })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.pool.close().await;
        self.server.stop().await;
        self.host.shutdown().await;
        self.gemini.stop().await;
        self.objects.stop().await;
        self.postgres.stop().await
    }

    /// A brand with `ads` that nobody has looked at, and the job.
    pub(crate) async fn begin_afresh(&self, ads: u32, kind: Kind) -> anyhow::Result<()> {
        let (file, asset_type, mime, bytes) = match kind {
            Kind::Picture => (PICTURE, "image", "image/jpeg", PICTURE_BYTES),
            Kind::Video(bytes) => (CLIP, "video", "video/mp4", bytes),
        };
        match kind {
            Kind::Picture => files::write_picture(&self.bucket.join(file), bytes, 1)?,
            Kind::Video(_) => files::write_clip(&self.bucket.join(file), bytes, 1)?,
        }
        claims::begin_afresh(&self.pool, 1).await?;
        for sql in [
            "delete from scheduled_jobs".to_owned(),
            format!(
                "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id) select organization_id, id, '{ACCOUNT}' from brands"
            ),
            format!(
                "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, name, ad_copy, effective_status, is_video)
                 select organization_id, id, '{ACCOUNT}', ad::text, 'Ad ' || ad, 'Buy ' || ad || ' now', 'ACTIVE', {}
                   from brands, generate_series(1, {ads}) as ad",
                matches!(kind, Kind::Video(_))
            ),
            format!(
                "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id, date,
                        spend, impressions)
                 select organization_id, id, '{ACCOUNT}', ad::text, '1', current_date - 1, ad, 100
                   from brands, generate_series(1, {ads}) as ad"
            ),
            format!(
                "insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type, source_id, is_primary,
                        status, storage_path, mime_type, file_size_bytes, sha256, fetched_at)
                 select organization_id, id, '{ACCOUNT}', ad::text, '{asset_type}', ad::text, true, 'downloaded', '{file}', '{mime}',
                        {bytes}, sha256(ad::text::bytea), now()
                   from brands, generate_series(1, {ads}) as ad"
            ),
            format!(
                "insert into scheduled_jobs (organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
                 select organization_id, id, '{JOB}', 'Bench', '{{\"max_new\": 500, \"max_video\": 50}}', 'recurring', '0 0 1 1 *',
                        now() + interval '300 days' from brands"
            ),
            "analyze".to_owned(),
            "checkpoint".to_owned(),
        ] {
            sqlx::query(&sql).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Orders a run of the job.
    pub(crate) async fn order(&self) -> anyhow::Result<Uuid> {
        let run = sqlx::query_scalar(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, requested_by, scheduled_for, parameters, run_after)
             select id, revision, 'manual', 'bench', now(), parameters, now() from scheduled_jobs
             returning id",
        );
        Ok(run.fetch_one(&self.pool).await?)
    }

    pub(crate) async fn row(&self, run: Uuid) -> anyhow::Result<RunRow> {
        let row = sqlx::query_as(
            "select status, run_after, error_message, (metadata ->> 'new_count')::bigint as new_count
               from scheduled_job_runs where id = $1",
        );
        Ok(row.bind(run).fetch_one(&self.pool).await?)
    }

    /// How many answers were paid.
    pub(crate) async fn paid(&self) -> anyhow::Result<i64> {
        let count = "select count(*) from token_usage where cost_usd > 0";
        Ok(sqlx::query_scalar(count).fetch_one(&self.pool).await?)
    }

    /// Where the function writes what it says, and what it is told.
    pub(crate) fn launch(&self) -> (&Path, Vec<(&'static str, String)>) {
        let (gemini_url, aws_url) = (self.gemini.url(), self.server.url());
        let at_once = AT_ONCE.to_string();
        let environment = [
            ("AWS_LAMBDA_FUNCTION_NAME", JOB),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", JOB),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "one"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &aws_url),
            ("AWS_ENDPOINT_URL_S3", &self.objects.url()),
            ("DATABASE_URL", self.postgres.url()),
            ("SUNDIAL_BUS", BUS),
            ("SUNDIAL_LOG", "info"),
            ("GEMINI_URL", &gemini_url),
            ("GEMINI_API_KEY", KEY),
            ("GEMINI_MODEL", "gemini-flash-latest"),
            ("GEMINI_VIDEO_MODEL", "gemini-pro-latest"),
            (
                "GEMINI_PRICES",
                "gemini-flash-latest=1/1,gemini-pro-latest=1/1",
            ),
            ("GEMINI_REQUESTS_PER_MINUTE", "100000"),
            ("GEMINI_REQUEST_SECONDS_MAX", "60"),
            ("CLASSIFICATION_AT_ONCE", &at_once),
            ("CLASSIFICATION_RUN_USD_MAX", "1000"),
            ("ASSET_BUCKET", BUCKET),
            ("MEDIA_HOSTS", "fbcdn.net"),
            ("MEDIA_TRUSTED_ORIGINS", ""),
            ("MEDIA_IMAGE_BYTES_MAX", "20000000"),
            ("MEDIA_VIDEO_BYTES_MAX", "2000000000"),
            ("MEDIA_DOWNLOADS_AT_ONCE", "4"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        (&self.log, environment.to_vec())
    }
}
