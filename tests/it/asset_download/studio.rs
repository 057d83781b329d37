//! A brand with ads, their media behind a stand-in for Meta, and an empty bucket.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use asset_download::{Clients, handle};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use serde_json::{Value, json};
use shared::{
    config::{self, Secret},
    domain::{AssetDownloadParams, JobError, JobId, Outcome},
    runtime::{Event, Run},
};
use sqlx::{PgPool, Row};
use sundial_local::{
    meta::{Meta, TOKEN, catalogue::ACCOUNT},
    objects::{ACCESS_KEY, Objects, SECRET_KEY},
};
use tempfile::TempDir;

use crate::world::{LedgerRow, World, at};

const BUCKET: &str = "assets";

pub struct Studio {
    pub world: World,
    pub meta: Meta,
    pub clients: Clients,
    pub job: JobId,
    folder: TempDir,
    _objects: Objects,
    http: reqwest::Client,
}

/// A row of `meta_ad_assets`, as tests look at it.
#[derive(Debug, Clone)]
pub struct AssetRow {
    pub ad: String,
    pub kind: String,
    pub is_primary: bool,
    pub status: String,
    pub reason: Option<String>,
    pub attempts: i32,
    pub path: String,
    pub sha256: Option<Vec<u8>>,
    pub quality: Option<String>,
}

impl Studio {
    /// No ads yet.
    pub async fn new(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        world.clock.set(at("2026-11-20T06:00:00Z"));
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/local/media");
        let meta = Meta::start(&media, 0, None).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::start(&folder.path().join("s3"), 0).await.unwrap();
        objects.create_bucket(BUCKET).unwrap();
        let clients = clients(&meta, &objects);
        let job = world.job("0 6 * * *", at("2026-11-21T06:00:00Z")).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let studio = Self {
            world,
            meta,
            clients,
            job,
            folder,
            _objects: objects,
            http,
        };
        studio
            .params(json!({"max_videos": 100, "max_images": 200}))
            .await;
        studio
    }

    /// Every ad of the stand-in's account, the first with the highest spend.
    pub async fn with_ads(pool: PgPool) -> Self {
        let studio = Self::new(pool).await;
        studio.link_account().await;
        let count = studio.meta.samples().len();
        for (place, ad) in studio.meta.samples().iter().enumerate() {
            let spend = i32::try_from(count - place).unwrap();
            studio
                .insert_ad(&ad.ad_id, ad.is_video, ad.meta_video_id.as_deref(), spend)
                .await;
        }
        studio
    }

    pub async fn link_account(&self) {
        sqlx::query(
            "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
             select organization_id, id, $2 from brands where id = $1",
        )
        .bind(self.world.brand)
        .bind(ACCOUNT)
        .execute(&self.world.pool)
        .await
        .unwrap();
    }

    pub async fn insert_ad(&self, ad: &str, is_video: bool, video: Option<&str>, spend: i32) {
        sqlx::query(
            "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id,
                    meta_ad_id, meta_campaign_id, date, spend, is_video, meta_video_id)
             select organization_id, id, $2, $3, '1', '2026-11-19', $4, $5, $6
               from brands where id = $1",
        )
        .bind(self.world.brand)
        .bind(ACCOUNT)
        .bind(ad)
        .bind(spend)
        .bind(is_video)
        .bind(video)
        .execute(&self.world.pool)
        .await
        .unwrap();
    }

    /// Takes away the ads whose name starts so in the stand-in, or ends so after `%`.
    pub async fn forget(&self, name: &str) {
        let is_named = |text: &str| match name.strip_prefix('%') {
            Some(end) => text.ends_with(end),
            None => text.starts_with(name),
        };
        for ad in self.meta.samples().iter().filter(|ad| is_named(&ad.name)) {
            let sql = "delete from meta_ads_performance where meta_ad_id = $1";
            sqlx::query(sql)
                .bind(&ad.ad_id)
                .execute(&self.world.pool)
                .await
                .unwrap();
        }
    }

    pub async fn params(&self, params: Value) {
        let sql = format!("parameters = '{params}'");
        self.world.set(self.job, &sql).await;
    }

    /// Requests a run, delivers it to the real handler and returns its row.
    pub async fn run(&self) -> LedgerRow {
        self.run_with(async |run| handle(&self.clients, run).await)
            .await
    }

    /// Requests a run and delivers it to a handler of the test's own.
    pub async fn run_with(
        &self,
        handler: impl AsyncFn(&Run<AssetDownloadParams>) -> Result<Outcome, JobError>,
    ) -> LedgerRow {
        let run_id = self.world.run_now(self.job).await;
        self.world.deliver_to(Event::Run { run_id }, handler).await;
        self.row(run_id.0).await
    }

    /// Delivers a run that exists.
    pub async fn deliver(&self, run: &LedgerRow) -> LedgerRow {
        let event = Event::Run { run_id: run.id };
        self.world
            .deliver_to(event, async |run| handle(&self.clients, run).await)
            .await;
        self.row(run.id.0).await
    }

    pub async fn row(&self, id: uuid::Uuid) -> LedgerRow {
        let rows = self.world.ledger(self.job).await;
        rows.into_iter().find(|row| row.id.0 == id).unwrap()
    }

    pub async fn assets(&self) -> Vec<AssetRow> {
        let rows = sqlx::query("select * from meta_ad_assets order by meta_ad_id, source_id");
        let rows = rows.fetch_all(&self.world.pool).await.unwrap();
        let read = |row: sqlx::postgres::PgRow| AssetRow {
            ad: row.get("meta_ad_id"),
            kind: row.get("asset_type"),
            is_primary: row.get("is_primary"),
            status: row.get("status"),
            reason: row
                .get::<Option<_>, _>("failure_reason")
                .or_else(|| row.get("not_downloadable_reason")),
            attempts: row.get("attempts"),
            path: row.get("storage_path"),
            sha256: row.get("sha256"),
            quality: row.get("quality"),
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn assets_of(&self, ad: &str) -> Vec<AssetRow> {
        let assets = self.assets().await;
        assets.into_iter().filter(|asset| asset.ad == ad).collect()
    }

    /// The bytes of an object, as a reader of the bucket sees them.
    pub fn object(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join("s3").join(BUCKET).join(path)).unwrap()
    }

    /// How many objects the bucket has.
    pub fn objects(&self) -> usize {
        files_below(&self.folder.path().join("s3").join(BUCKET))
    }

    /// Orders a fault of the stand-in.
    pub async fn order(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    pub async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/_control/{path}", self.meta.url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// How often files were asked for.
    pub async fn downloads(&self) -> BTreeMap<String, u64> {
        let url = format!("{}/_control", self.meta.url());
        let overview: Value = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let requests = overview["requests"].as_object().unwrap().iter();
        requests
            .filter_map(|(what, times)| {
                Some((what.strip_prefix("cdn ")?.to_owned(), times.as_u64()?))
            })
            .collect()
    }

    /// The ad that shows a file in this shape, as in "rocket.jpg".
    pub fn ad_of(&self, name: &str) -> String {
        let samples = self.meta.samples();
        samples
            .iter()
            .find(|ad| ad.name.starts_with(name))
            .unwrap()
            .ad_id
            .clone()
    }
}

fn files_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { files_below(&path) } else { 1 })
        .sum()
}

fn clients(meta: &Meta, objects: &Objects) -> Clients {
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            ACCESS_KEY, SECRET_KEY, None, None, "test",
        )))
        .endpoint_url(objects.url())
        .build();
    let access = config::Meta {
        access_token: Some(Secret::new(TOKEN)),
        ..config::Meta::at(meta.url().parse().unwrap())
    };
    let media = config::Media {
        bucket: BUCKET.into(),
        allowed_hosts: vec!["fbcdn.net".into()],
        trusted_origins: vec![meta.url()],
        image_bytes_max: 30_000_000,
        video_bytes_max: 1 << 30,
        downloads_at_once: 4,
    };
    Clients::open(&aws, access, media).unwrap()
}

impl Studio {
    /// Changes a limit.
    pub fn media(&mut self, change: impl FnOnce(&mut config::Media)) {
        let mut media = (*self.clients.media).clone();
        change(&mut media);
        self.clients.media = Arc::new(media);
    }
}
