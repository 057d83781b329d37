//! A brand with an ad account at a stand-in for Meta, and a job that syncs it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use meta_sync::{Clients, handle};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::{
    clients::bus::Bus,
    config::{self, Pooling, Secret},
    domain::{BrandId, JobError, JobId, JobType, MetaSyncParams, OrganizationId, Outcome},
    runtime::{self, Event, Run, Worker},
    store::{Database, ads::Owner},
};
use sqlx::{ConnectOptions as _, PgPool, Row};
use sundial_local::meta::{AccountSpec, Meta, Served, TOKEN};
use uuid::Uuid;

use crate::world::{LedgerRow, World, at};

/// The account of most tests.
pub const ACCOUNT: &str = "act_555000111";

/// When most tests take place.
pub const NOW: &str = "2026-11-20T06:00:00Z";

/// Invocations are brought back so often at most.
const ROUNDS_MAX: usize = 400;

pub struct Office {
    pub world: World,
    pub meta: Meta,
    pub clients: Clients,
    pub job: JobId,
    pub invocation: TimeDelta,
    worker: Worker,
}

impl Office {
    /// An account of 30 ads in Berlin.
    pub async fn new(pool: PgPool, params: Value) -> Self {
        let spec = AccountSpec {
            ads: 30,
            campaigns: 4,
            timezone: chrono_tz::Europe::Berlin,
            ..AccountSpec::default()
        };
        Self::with(pool, spec, params).await
    }

    pub async fn with(pool: PgPool, spec: AccountSpec, params: Value) -> Self {
        let world = World::new(pool).await;
        world.clock.set(at(NOW));
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/local/media");
        let meta = Meta::start(&media, 0, None).await.unwrap();
        meta.set_now(Some(at(NOW)));
        let id = ACCOUNT.to_owned();
        meta.add_account(AccountSpec { id, ..spec }).unwrap();
        link(&world, world.brand, ACCOUNT).await;
        let access = config::Meta {
            graph_url: meta.url().parse().unwrap(),
            api_version: "v25.0".into(),
            access_token: Some(Secret::new(TOKEN)),
            app_id: None,
            app_secret: None,
            token_keys: config::TokenKeys::default(),
        };
        // As many connections as a function has, and no more.
        let url = world.pool.connect_options().to_url_lossy();
        let db = Database::open(&Secret::new(url.as_str()), Pooling::Session).unwrap();
        let mut clients = Clients::open(access);
        clients.patience = Duration::ZERO;
        let job = job(&world, JobType::MetaSync, &params).await;
        let worker = Worker {
            db,
            ..worker(&world, JobType::MetaSync)
        };
        Self {
            world,
            meta,
            clients,
            job,
            invocation: TimeDelta::seconds(900),
            worker,
        }
    }

    /// Moves both clocks.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.world.clock.set(now);
        self.meta.set_now(Some(now));
    }

    /// Runs the job, and everything that it waits for, until its run has ended.
    pub async fn sync(&self) -> LedgerRow {
        let run_id = self.world.run_now(self.job).await;
        self.finish(run_id.0).await
    }

    /// Brings a run back until it has ended.
    pub async fn finish(&self, run: Uuid) -> LedgerRow {
        for _ in 0..ROUNDS_MAX {
            let row = self.deliver(run).await;
            if row.status != "pending" {
                return row;
            }
            let later = row.run_after.max(self.world.clock.now());
            self.set_now(later);
        }
        panic!("the run does not end");
    }

    /// Delivers a run once, to the real handler.
    pub async fn deliver(&self, run: Uuid) -> LedgerRow {
        self.deliver_to(run, async |run| handle(&self.clients, run).await)
            .await
    }

    /// Delivers a run once, to a handler of the test's own.
    pub async fn deliver_to(
        &self,
        run: Uuid,
        handler: impl AsyncFn(&Run<MetaSyncParams>) -> Result<Outcome, JobError>,
    ) -> LedgerRow {
        let event = Event::Run {
            run_id: shared::domain::RunId(run),
        };
        let deadline = self.worker.clock.now() + self.invocation;
        runtime::deliver(&self.worker, event, deadline, &handler)
            .await
            .unwrap();
        self.row(run).await
    }

    pub async fn row(&self, run: Uuid) -> LedgerRow {
        let rows = self.world.ledger(self.job).await;
        rows.into_iter().find(|row| row.id.0 == run).unwrap()
    }

    pub async fn warnings(&self, run: &LedgerRow) -> Vec<String> {
        let sql = "select warnings from scheduled_job_runs where id = $1";
        let one = sqlx::query_scalar(sql).bind(run.id.0);
        one.fetch_one(&self.world.pool).await.unwrap()
    }

    /// Whose rows a sync writes.
    pub async fn owner(&self) -> Owner {
        let organization = "select organization_id from brands where id = $1";
        let organization = sqlx::query_scalar(organization).bind(self.world.brand);
        let organization = organization.fetch_one(&self.world.pool).await.unwrap();
        Owner {
            organization_id: OrganizationId(organization),
            brand_id: BrandId(self.world.brand),
            account: ACCOUNT.to_owned(),
        }
    }

    /// One value as text.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let sql = format!("select ({sql})::text");
        sqlx::query_scalar(&sql)
            .fetch_one(&self.world.pool)
            .await
            .unwrap()
    }

    /// `completed` or `failed`, by dataset.
    pub async fn datasets(&self) -> BTreeMap<String, String> {
        let rows = sqlx::query("select dataset_key, last_status from dataset_status");
        let rows = rows.fetch_all(&self.world.pool).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Every page of numbers of ads themselves.
    pub fn performance_pages(&self) -> Vec<Served> {
        let mut pages = self.meta.served();
        pages.retain(|page| page.breakdowns.is_empty() && page.level == "ad");
        pages
    }

    /// What Meta has of the account: rows, and the sum of what was spent, read past our own client.
    pub async fn truth(&self, since: &str, until: &str) -> (usize, Decimal) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (mut rows, mut spend, mut after) = (0, Decimal::ZERO, None::<String>);
        loop {
            let range = json!({"since": since, "until": until}).to_string();
            let mut query = vec![
                ("level", "ad".to_owned()),
                ("time_increment", "1".to_owned()),
                ("time_range", range),
                ("fields", "ad_id,spend".to_owned()),
                ("limit", "500".to_owned()),
            ];
            query.extend(after.take().map(|after| ("after", after)));
            let url = format!("{}/v25.0/{ACCOUNT}/insights", self.meta.url());
            let request = http.get(url).query(&query).bearer_auth(TOKEN);
            let page: Value = request.send().await.unwrap().json().await.unwrap();
            for row in page["data"].as_array().unwrap() {
                rows += 1;
                spend += row["spend"].as_str().unwrap().parse::<Decimal>().unwrap();
            }
            if page["paging"]["next"].is_null() {
                return (rows, spend);
            }
            after = page["paging"]["cursors"]["after"]
                .as_str()
                .map(str::to_owned);
        }
    }

    /// The same of our own rows.
    pub async fn stored(&self) -> (usize, Decimal) {
        let sql = "select count(*), coalesce(sum(spend), 0) from meta_ads_performance";
        let row = sqlx::query(sql).fetch_one(&self.world.pool).await.unwrap();
        (usize::try_from(row.get::<i64, _>(0)).unwrap(), row.get(1))
    }
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn worker(world: &World, job_type: JobType) -> Worker {
    let (bus, _) = Bus::recorder();
    Worker {
        job_type,
        db: world.worker.db.clone(),
        bus,
        clock: world.clock.clone(),
    }
}

pub async fn job(world: &World, job_type: JobType, params: &Value) -> JobId {
    let id = Uuid::new_v4();
    sqlx::query(
        "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type,
                cron_expression, next_run_at, parameters)
         select $1, organization_id, id, $3, 'Sync', 'recurring', '0 6 * * *', '2026-11-21 06:00Z', $4
           from brands where id = $2",
    )
    .bind(id)
    .bind(world.brand)
    .bind(job_type.name())
    .bind(params)
    .execute(&world.pool)
    .await
    .unwrap();
    JobId(id)
}

pub async fn link(world: &World, brand: Uuid, account: &str) {
    sqlx::query(
        "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
         select organization_id, id, $2 from brands where id = $1",
    )
    .bind(brand)
    .bind(account)
    .execute(&world.pool)
    .await
    .unwrap();
}
