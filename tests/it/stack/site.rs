//! A stack of a test's own, a brand with an ad account on it, and verbs to tell a story with.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use sundial_local::{
    meta::catalogue::{ACCOUNT, SampleAd},
    postgres::Source,
    stack::{BUCKET, GROUP, Stack, StackOptions},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::tools::{Answer, answer, eventually, hex, now, read_below, show_logs, text};

pub struct Site {
    running: Option<Stack>,
    pub db: PgPool,
    pub brand: Uuid,
    folder: TempDir,
    http: reqwest::Client,
}

impl Site {
    /// A running stack, its functions asking for work.
    pub async fn start(db: PgPool) -> Self {
        Self::start_with(db, |_| {}).await
    }

    /// The same with other options. `options.data` exists.
    pub async fn start_with(db: PgPool, change: impl FnOnce(&mut StackOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = StackOptions::new(folder.path()).unwrap();
        let url = db.connect_options().to_url_lossy();
        options.database = Source::Given(url.into());
        change(&mut options);
        let stack = Stack::start(options).await.unwrap();
        stack.ready().await.unwrap();
        let brand = insert_brand(&db).await;
        Self {
            running: Some(stack),
            db,
            brand,
            folder,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Ends everything, so that the test's database can be dropped.
    pub async fn stop(mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    /// The running stack.
    pub fn stack(&self) -> &Stack {
        self.running.as_ref().unwrap()
    }

    /// The ads of the stand-in's account.
    pub fn samples(&self) -> &[SampleAd] {
        self.stack().meta.as_ref().unwrap().samples()
    }

    /// Writes all ads of the account, as a sync would have.
    pub async fn insert_ads(&self) {
        for (place, ad) in self.samples().iter().enumerate() {
            sqlx::query(
                "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id,
                        meta_ad_id, meta_campaign_id, date, spend, is_video, meta_video_id)
                 select organization_id, id, $2, $3, $4, $5, $6, $7, $8 from brands where id = $1",
            )
            .bind(self.brand)
            .bind(ACCOUNT)
            .bind(&ad.ad_id)
            .bind(&ad.campaign_id)
            .bind(now().date_naive())
            .bind(1000 - i32::try_from(place).unwrap())
            .bind(ad.is_video)
            .bind(&ad.meta_video_id)
            .execute(&self.db)
            .await
            .unwrap();
        }
    }

    /// Asks the API, as its user does.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self
            .request(method, path)
            .bearer_auth(&self.stack().api_token);
        answer(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Whether the API says that it works.
    pub async fn is_healthy(&self) -> bool {
        let answer = self.request(Method::GET, "/healthz").send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// A request to the API, without a token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.stack().api_url()))
    }

    /// Creates a job that runs by a cron expression, over HTTP.
    pub async fn create_job(&self, cron: &str) -> Value {
        let body = json!({"job_type": "asset_download", "brand_id": self.brand, "name": "Fetch media",
            "cron_expression": cron, "parameters": {"max_videos": 100, "max_images": 200}});
        let answer = self.post("/api/jobs", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// Asks for a run of a job of its own; its id.
    pub async fn run_now(&self) -> String {
        let body = json!({"job_type": "asset_download", "brand_id": self.brand,
            "parameters": {"max_videos": 100, "max_images": 200}});
        let answer = self.post("/api/runs", body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        text(&answer.body, "run_id").to_owned()
    }

    /// The run, once it has ended.
    pub async fn ended(&self, run: &str) -> Value {
        eventually(&format!("the end of run {run}"), async || {
            let run = self.get(&format!("/api/runs/{run}")).await;
            (!run["completed_at"].is_null()).then_some(run)
        })
        .await
    }

    /// The rule of a job, if it has one. A description names its job.
    pub async fn rule_of(&self, job: &str) -> Option<Value> {
        let events = &self.stack().events;
        let answer = events.call("ListRules", &json!({})).await.unwrap();
        let rules = answer["Rules"].as_array().unwrap();
        let is_of_job = |rule: &&Value| {
            let description = rule["Description"].as_str();
            description.is_some_and(|description| description.contains(job))
        };
        rules.iter().find(is_of_job).cloned()
    }

    /// The schedule of a job, if it has one. Its description names its job; a listing has none.
    pub async fn schedule_of(&self, job: &str) -> Option<Value> {
        let url = format!("{}/schedules", self.stack().aws_url());
        let get = async |path: &str| -> Value {
            let request = self.http.get(format!("{url}{path}"));
            request.send().await.unwrap().json().await.unwrap()
        };
        let listed = get(&format!("?ScheduleGroup={GROUP}")).await;
        for schedule in listed["Schedules"].as_array().unwrap() {
            let name = text(schedule, "Name");
            let schedule = get(&format!("/{name}?groupName={GROUP}")).await;
            if text(&schedule, "Description").contains(job) {
                return Some(schedule);
            }
        }
        None
    }

    /// The rule of a job, once it is as it should be.
    pub async fn rule(&self, job: &str, what: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        eventually(what, async || {
            self.rule_of(job).await.filter(|rule| is_right(rule))
        })
        .await
    }

    /// Lets the reconciler sweep, as its own rule does every minute; its report.
    pub async fn sweep(&self) -> Value {
        let payload = br#"{"kind":"sweep"}"#.as_slice().into();
        let host = self.stack().host();
        let invocation = host.invoke("reconciler", payload).await.unwrap();
        assert_eq!(invocation.function_error, None, "{}", invocation.log_tail);
        serde_json::from_slice(&invocation.payload).unwrap()
    }

    /// Orders a fault of the stand-in for Meta.
    pub async fn order(&self, fault: Value) {
        let url = format!("{}/_control/faults", self.stack().graph.url);
        let answer = answer(self.http.post(url).json(&fault)).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// How often each file was asked for at the stand-in's CDN.
    pub async fn downloads(&self) -> BTreeMap<String, u64> {
        let url = format!("{}/_control", self.stack().graph.url);
        let overview = answer(self.http.get(url)).await.body;
        let requests = overview["requests"].as_object().unwrap().iter();
        requests
            .filter_map(|(what, times)| {
                Some((what.strip_prefix("cdn ")?.to_owned(), times.as_u64()?))
            })
            .collect()
    }

    /// The SHA-256 of every object, by key.
    pub fn objects(&self) -> BTreeMap<String, String> {
        let bucket = self.folder.path().join("s3").join(BUCKET);
        let mut objects = BTreeMap::new();
        read_below(&bucket, &bucket, &mut objects);
        objects
    }

    /// The names of the parts of uploads that have not ended.
    pub fn unfinished_uploads(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path().join("s3")).unwrap();
        entries
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with(".upload_id-")
            })
            .count()
    }

    /// The SHA-256 of the files behind all ads, at their origin.
    pub async fn origins(&self) -> BTreeMap<String, String> {
        let meta = self.stack().meta.as_ref().unwrap();
        let mut origins = BTreeMap::new();
        for name in self.samples().iter().flat_map(|ad| &ad.files) {
            let (sha256, _) = meta.origin_of(name).await.unwrap();
            origins.insert(hex(&sha256), name.clone());
        }
        origins
    }

    /// Every file behind the ads is stored once, as its origin has it, and nothing else is.
    pub async fn assert_all_stored(&self) {
        let origins = self.origins().await;
        let mut stored: Vec<_> = self.objects().into_values().collect();
        stored.sort();
        let wanted: Vec<_> = origins.keys().cloned().collect();
        assert_eq!(stored, wanted, "every file once, with its origin's bytes");
    }

    pub async fn execute(&self, sql: &str) -> u64 {
        let done = sqlx::query(sql).execute(&self.db).await.unwrap();
        done.rows_affected()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }
}

/// A test that fails shows what the functions wrote; their folder goes with the test.
impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            show_logs(self.folder.path());
        }
    }
}

/// A brand with the stand-in's ad account.
pub async fn insert_brand(db: &PgPool) -> Uuid {
    let brand = Uuid::new_v4();
    sqlx::query(
        "with organization as (
             insert into organizations (name) values ('Northwind') returning id),
         brand as (
             insert into brands (id, organization_id, name)
             select $1, id, 'Tea' from organization returning id, organization_id)
         insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
         select organization_id, id, $2 from brand",
    )
    .bind(brand)
    .bind(ACCOUNT)
    .execute(db)
    .await
    .unwrap();
    brand
}
