//! What several of the tests need: a broken table, an API, the sources.

use std::{fs, path::Path};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use dispatcher::{Graph, Media, State, Tokens};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::{
    config,
    domain::{JobError, JobId},
};
use sqlx::PgPool;
use tower::ServiceExt;

use crate::world::World;

const TOKEN: &str = "the right token";
/// More than any answer of the API.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The dispatcher over a world's ledger, bus and clock.
pub struct Api(Router);

/// What it answered.
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Api {
    pub fn new(world: &World) -> Self {
        Self(dispatcher::router(State {
            db: world.worker.db.clone(),
            bus: world.worker.bus.clone(),
            clock: world.clock.clone(),
            tokens: Tokens::new(vec![Sha256::digest(TOKEN).into()]),
            graph: Graph::open(config::Meta::nowhere()),
            media: Media::none(),
            webhook_keys: config::WebhookKeys::default(),
            embed_origins: std::sync::Arc::default(),
        }))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Self::request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Answer {
        let mut request = Self::request("POST", path).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    fn request(method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"))
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.0.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), BODY_BYTES_MAX)
            .await
            .unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status, body }
    }
}

/// A failure worth another attempt.
pub fn broken() -> JobError {
    JobError::retry("syncing")(std::io::Error::other("it broke"))
}

/// A job's watermark in UTC.
pub async fn next_of(world: &World, job: JobId) -> String {
    let next = world.job_value(job, "next_run_at at time zone 'UTC'").await;
    next.unwrap_or_default()
}

/// Gives a job to a brand and an organization of its own.
pub async fn move_to_another_brand(world: &World, job: JobId) {
    sqlx::query(
        "with o as (insert into organizations (name) values ('Southwind') returning id),
              b as (insert into brands (organization_id, name) select id, 'Coffee' from o
                    returning id, organization_id)
         update scheduled_jobs set brand_id = b.id, organization_id = b.organization_id
           from b where scheduled_jobs.id = $1",
    )
    .bind(job.0)
    .execute(&world.pool)
    .await
    .unwrap();
}

/// Asserts that the database refuses a statement, and by which constraint.
pub async fn assert_refused(pool: &PgPool, statement: &str, constraint: &str) {
    let result = sqlx::query(statement).execute(pool).await;
    let error = result.expect_err(statement).to_string();
    assert!(
        error.contains(constraint),
        "{statement}\nwas refused by another rule: {error}"
    );
}

/// From now on the database fails every such write, as in "insert on scheduled_job_runs".
pub async fn break_writes(pool: &PgPool, event: &str) {
    for sql in [
        "create or replace function fail_on_purpose() returns trigger language plpgsql as
         $$ begin raise exception 'on purpose'; end $$",
        &format!(
            "create trigger broken before {event} for each row execute function fail_on_purpose()"
        ),
    ] {
        sqlx::query(sql).execute(pool).await.unwrap();
    }
}

pub async fn mend_writes(pool: &PgPool, table: &str) {
    let sql = format!("drop trigger broken on {table}");
    sqlx::query(&sql).execute(pool).await.unwrap();
}

/// A file of the repository.
pub fn text_of(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap()
}

/// The text of every Rust file below a folder.
pub fn texts_below(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    let mut texts = vec![];
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// The Rust files below some folders, as path and text, tests left out.
pub fn code_of(folders: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = vec![];
    let mut open: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let is_test = ["/tests/", "tests.rs", "/testing"]
                .iter()
                .any(|part| name.contains(part));
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") && !is_test {
                let text = fs::read_to_string(&path).unwrap();
                let code = text
                    .split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap_or_default();
                found.push((name, code.to_owned()));
            }
        }
    }
    assert!(!found.is_empty(), "no code in {folders:?}");
    found
}
