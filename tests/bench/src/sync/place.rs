//! What a sync needs around it: a database, a stand-in for Meta with one account, and a bus.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, Days, DurationRound as _, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::{
    clock::Clock,
    lambda::Host,
    meta::{AccountSpec, Meta, TOKEN},
    postgres::{Postgres, Source},
    server::Server,
    stack::{BUS, REGION, default_media},
};
use uuid::Uuid;

use crate::{bus, claims};

/// The function and its job type.
pub(crate) const JOB: &str = "meta_sync";
/// The account.
const ACCOUNT: &str = "act_555000111";
/// Its ads, each of which is shown every day.
pub(crate) const ADS: u32 = 5_000;
/// The table that the floor fills.
pub(crate) const FLOOR_TABLE: &str = "bench_floor";
/// The schema that dlt fills.
pub(crate) const DLT_SCHEMA: &str = "bench_dlt";
/// The memory of the function, by `infra/aws/functions.tf.json`.
const MEMORY_MB: &str = "256";

/// Everything around the function.
pub(crate) struct Place {
    pub(crate) pool: PgPool,
    pub(crate) meta: Meta,
    pub(crate) programs: PathBuf,
    pub(crate) log: PathBuf,
    postgres: Postgres,
    host: Host,
    server: Server,
}

/// A job that is due, and the days it reads.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    id: Uuid,
    due: DateTime<Utc>,
    /// The first day.
    pub(crate) since: NaiveDate,
    /// How many.
    pub(crate) days: u32,
}

impl Job {
    /// The rows it reads.
    pub(crate) fn rows(&self) -> u32 {
        self.days * ADS
    }

    /// The last day.
    pub(crate) fn until(&self) -> NaiveDate {
        self.since + Days::new(u64::from(self.days.saturating_sub(1)))
    }

    /// What the cloud's clock would send.
    pub(crate) fn tick(&self) -> Value {
        json!({"kind": "tick", "job_id": self.id, "time": self.due})
    }

    /// The step that the job's run is at; `None` before it has noted any.
    pub(crate) async fn step(&self, pool: &PgPool) -> anyhow::Result<Option<String>> {
        let step = sqlx::query_scalar(
            "select cursor ->> 'step' from scheduled_job_runs where scheduled_job_id = $1 order by created_at limit 1",
        );
        let step: Option<Option<String>> = step.bind(self.id).fetch_optional(pool).await?;
        Ok(step.flatten())
    }

    /// The job's first run, which is the only one unless it fails, and where it stands.
    pub(crate) async fn run(&self, pool: &PgPool) -> anyhow::Result<RunRow> {
        let run = sqlx::query_as(
            "select id, status, segment, run_after, error_message
               from scheduled_job_runs where scheduled_job_id = $1 order by created_at limit 1",
        );
        run.bind(self.id)
            .fetch_one(pool)
            .await
            .context("reading the run")
    }
}

/// A run in the ledger.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) id: Uuid,
    pub(crate) status: String,
    pub(crate) segment: i32,
    pub(crate) run_after: DateTime<Utc>,
    pub(crate) error_message: Option<String>,
}

impl Place {
    /// Starts everything, with its data in a folder of `data`.
    pub(crate) async fn start(data: &Path, name: &str) -> anyhow::Result<Self> {
        let home = data.join(name);
        std::fs::create_dir_all(&home)?;
        let postgres = Postgres::start(Source::Kept(home.join("postgres"))).await?;
        sundial_local::stack::migrate(postgres.url()).await?;
        let pool = PgPoolOptions::new().max_connections(2);
        let pool = pool.connect(postgres.url()).await?;
        let meta = Meta::start(&default_media(), 0, None).await?;
        meta.add_account(AccountSpec {
            id: ACCOUNT.to_owned(),
            ads: usize::try_from(ADS)?,
            campaigns: 50,
            delivery_percent: 100,
            inactive_percent: 0,
            ..AccountSpec::default()
        })?;
        let bound = Server::bind(0).await?;
        let (host, bridge) = bus::open(vec![], None).await?;
        let server = bound.serve(bridge.router());
        let here = std::env::current_exe().context("finding the programs beside this one")?;
        Ok(Self {
            pool,
            meta,
            programs: here.parent().context("no folder")?.to_owned(),
            log: home.join("function.log"),
            postgres,
            host,
            server,
        })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.pool.close().await;
        self.server.stop().await;
        self.host.shutdown().await;
        self.meta.stop().await;
        self.postgres.stop().await
    }

    /// The address of the database.
    pub(crate) fn database_url(&self) -> &str {
        self.postgres.url()
    }

    /// Where the Graph API has the account.
    pub(crate) fn account_url(&self) -> String {
        format!("{}/v25.0/{ACCOUNT}", self.meta.url())
    }

    /// Empty tables, with dirty pages written back, and a job that reads the last `days` days that are over.
    pub(crate) async fn begin_afresh(&self, days: u32) -> anyhow::Result<Job> {
        sqlx::query(&format!("drop table if exists {FLOOR_TABLE}"))
            .execute(&self.pool)
            .await?;
        claims::begin_afresh(&self.pool, 1).await?;
        for sql in [
            "delete from scheduled_jobs".to_owned(),
            format!(
                "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id) select organization_id, id, '{ACCOUNT}' from brands"
            ),
            format!("create table {FLOOR_TABLE} (like meta_ads_performance including all)"),
            format!(
                "alter table {FLOOR_TABLE} add foreign key (organization_id, brand_id, meta_ad_account_id)
                 references brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)"
            ),
            format!("drop schema if exists {DLT_SCHEMA}, {DLT_SCHEMA}_staging cascade"),
            "checkpoint".to_owned(),
        ] {
            sqlx::query(&sql).execute(&self.pool).await?;
        }
        self.job(days).await
    }

    async fn job(&self, days: u32) -> anyhow::Result<Job> {
        let now = Clock::system().now();
        let (due, since) = (
            now.duration_trunc(TimeDelta::minutes(1))?,
            now.date_naive() - Days::new(u64::from(days)),
        );
        let id = Uuid::new_v4();
        let job = Job {
            id,
            due,
            since,
            days,
        };
        let parameters = json!({
            "since": since, "until": job.until(), "skip_demographics": true, "destination_limit": 0,
            "download_max_videos": 0, "download_max_images": 0,
        });
        sqlx::query(
            "insert into scheduled_jobs
                    (id, organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression, next_run_at)
             select $1, organization_id, id, $2, 'Bench', $3, 'recurring', '* * * * *', $4 from brands",
        )
        .bind(id)
        .bind(JOB)
        .bind(parameters)
        .bind(due)
        .execute(&self.pool)
        .await?;
        Ok(job)
    }

    /// What a row of the floor begins with.
    pub(crate) async fn owner(&self) -> anyhow::Result<String> {
        let brand = sqlx::query_as("select organization_id, id from brands");
        let (organization, brand): (Uuid, Uuid) = brand.fetch_one(&self.pool).await?;
        let now = Clock::system().now().to_rfc3339();
        Ok(format!("{organization}\t{brand}\t{ACCOUNT}\t{now}"))
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> anyhow::Result<u32> {
        let sql = format!("select count(*) from {table}");
        let count: i64 = sqlx::query_scalar(&sql).fetch_one(&self.pool).await?;
        Ok(u32::try_from(count)?)
    }

    /// Where the function writes what it says, and what it is told.
    pub(crate) fn launch(&self) -> (&Path, Vec<(&'static str, String)>) {
        (&self.log, self.environment())
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let meta_url = self.meta.url();
        let aws_url = self.server.url();
        [
            ("AWS_LAMBDA_FUNCTION_NAME", JOB),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", JOB),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "one"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &aws_url),
            ("DATABASE_URL", self.database_url()),
            ("SUNDIAL_BUS", BUS),
            ("SUNDIAL_LOG", "info"),
            ("META_GRAPH_URL", &meta_url),
            ("META_API_VERSION", "v25.0"),
            ("META_ACCESS_TOKEN", TOKEN),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }
}
