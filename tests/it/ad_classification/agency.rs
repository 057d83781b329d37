//! A brand whose ads' media lie in a bucket, and a stand-in for Gemini that looks at them.

mod ads;

use std::{sync::Arc, time::Duration};

use ad_classification::{Clients, Settings, handle};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use axum::{Router, routing::get};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use shared::{
    config::{self, Pooling, Secret},
    domain::{JobError, JobId, JobType, Outcome, RunId},
    runtime::{self, Event, Run, Worker},
    store::Database,
};
use sqlx::{ConnectOptions as _, PgPool};
use sundial_local::{
    gemini::{
        Gemini, KEY,
        faults::{Fault, Wrong},
    },
    objects::{ACCESS_KEY, Objects, SECRET_KEY},
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    meta_sync::office::{job, link, worker},
    world::{LedgerRow, World, at},
};

const BUCKET: &str = "assets";
const ACCOUNT: &str = "act_555000111";

/// Invocations are brought back so often at most.
const ROUNDS_MAX: usize = 200;

pub struct Agency {
    pub world: World,
    pub gemini: Gemini,
    pub clients: Clients,
    pub job: JobId,
    pub invocation: TimeDelta,
    /// Where thumbnails are, and what they are.
    pub cdn: String,
    worker: Worker,
    _folder: TempDir,
    _objects: Objects,
}

impl Agency {
    /// No ads yet.
    pub async fn new(pool: PgPool, params: Value) -> Self {
        Self::with(pool, params, |_| {}).await
    }

    /// The same with other settings.
    pub async fn with(pool: PgPool, params: Value, set: impl FnOnce(&mut Settings)) -> Self {
        let world = World::new(pool).await;
        world.clock.set(at("2026-11-20T06:00:00Z"));
        link(&world, world.brand, ACCOUNT).await;
        let gemini = Gemini::start(0).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::start(&folder.path().join("s3"), 0).await.unwrap();
        objects.create_bucket(BUCKET).unwrap();
        let cdn = cdn().await;
        let mut settings = Settings {
            gemini: config::Gemini::at(gemini.url().parse().unwrap(), KEY),
            media: config::Media {
                bucket: BUCKET.into(),
                allowed_hosts: vec![],
                trusted_origins: vec![cdn.clone()],
                image_bytes_max: 1 << 20,
                video_bytes_max: 64 << 20,
                downloads_at_once: 4,
            },
            classification: config::Classification {
                at_once: 4,
                run_usd_max: Decimal::ONE_HUNDRED,
            },
        };
        set(&mut settings);
        // As many connections as a function has, and no more.
        let url = world.pool.connect_options().to_url_lossy();
        let db = Database::open(&Secret::new(url.as_str()), Pooling::Session).unwrap();
        let mut clients = Clients::open(&aws(&objects), settings).unwrap();
        clients.patience = Duration::ZERO;
        clients.poll_every = Duration::ZERO;
        let job = job(&world, JobType::AdClassification, &params).await;
        let worker = Worker {
            db,
            ..worker(&world, JobType::AdClassification)
        };
        Self {
            world,
            gemini,
            clients,
            job,
            invocation: TimeDelta::seconds(900),
            cdn,
            worker,
            _folder: folder,
            _objects: objects,
        }
    }

    /// Runs the job until its run has ended.
    pub async fn run(&self) -> LedgerRow {
        let run = self.run_now().await;
        self.finish(run).await
    }

    /// Orders a run, later than whatever was made before.
    pub async fn run_now(&self) -> Uuid {
        self.set_now(self.world.clock.now() + TimeDelta::seconds(1));
        self.world.run_now(self.job).await.0
    }

    /// Brings a run back until it has ended.
    pub async fn finish(&self, run: Uuid) -> LedgerRow {
        for _ in 0..ROUNDS_MAX {
            let row = self.deliver(run).await;
            if row.status != "pending" {
                return row;
            }
            self.set_now(row.run_after.max(self.world.clock.now()));
        }
        panic!("the run does not end");
    }

    /// Lets so many questions with these words go wrong.
    pub fn goes_wrong(&self, words: &str, times: u32, wrong: Wrong) {
        let fault = Fault {
            contains: words.to_owned(),
            times,
            ..Fault::next(wrong)
        };
        self.gemini.order(fault).unwrap();
    }

    /// Lets time pass with each question that is asked.
    pub async fn age_with_each_question(&self, each: TimeDelta) {
        let mut asked = self.asked();
        loop {
            let now = self.asked();
            for _ in asked..now {
                self.set_now(self.world.clock.now() + each);
            }
            asked = now;
            tokio::task::yield_now().await;
        }
    }

    pub fn set_now(&self, now: DateTime<Utc>) {
        self.world.clock.set(now);
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
        handler: impl AsyncFn(&Run<shared::domain::AdClassificationParams>) -> Result<Outcome, JobError>,
    ) -> LedgerRow {
        let event = Event::Run { run_id: RunId(run) };
        let deadline = self.worker.clock.now() + self.invocation;
        runtime::deliver(&self.worker, event, deadline, &handler)
            .await
            .unwrap();
        let rows = self.world.ledger(self.job).await;
        rows.into_iter().find(|row| row.id.0 == run).unwrap()
    }

    /// What became of each ad: its state, with why.
    pub async fn units(&self, run: &LedgerRow) -> Vec<(String, String)> {
        let sql = "select meta_ad_id, concat_ws(' ', state, reason, message)
                     from ad_classification_units where run_id = $1 order by position";
        let rows = sqlx::query_as(sql).bind(run.id.0);
        rows.fetch_all(&self.world.pool).await.unwrap()
    }

    /// The same of an ad.
    pub async fn unit(&self, run: &LedgerRow, ad: &str) -> String {
        let units = self.units(run).await;
        let found = units.into_iter().find(|(unit, _)| unit == ad);
        found.map(|(_, state)| state).unwrap_or_default()
    }

    /// One value as text.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let sql = format!("select ({sql})::text");
        let value = sqlx::query_scalar(&sql).fetch_one(&self.world.pool).await;
        value.unwrap()
    }

    /// How often a model was asked.
    pub fn asked(&self) -> usize {
        let seen = self.gemini.seen();
        seen.iter()
            .filter(|seen| seen.line.contains(":generateContent"))
            .count()
    }
}

fn aws(objects: &Objects) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(objects.url())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A server of thumbnails: `/a.jpg` whatever its query, and nothing else.
async fn cdn() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let picture: Arc<[u8]> = Arc::from([0xff, 0xd8, 0xff, 1, 2, 3].as_slice());
    let router = Router::new().route("/a.jpg", get(async move || picture.to_vec()));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

/// As when there were too many questions.
pub fn throttle() -> Wrong {
    Wrong::Throttle {
        retry_delay: Some("30s".to_owned()),
        is_daily: false,
    }
}
