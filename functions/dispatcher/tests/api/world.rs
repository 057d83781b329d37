//! A dispatcher, its database, and verbs to use them.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use dispatcher::{Graph, Media, State, Tokens};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::{
    clients::bus::{Bus, BusEvent, Recorder},
    config,
    domain::Clock,
    store::Database,
};
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) const TOKEN: &str = "the right token";

/// Webhooks are signed with one of these, the older one and the one of the standard's own example.
pub(crate) const WEBHOOK_SECRETS: &str =
    "whsec_b2xkZXIgc2VjcmV0IG9mIDMyIGJ5dGVzIGV4YWN0bHk= whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A Friday, half past twelve in UTC.
pub(crate) const NOW: &str = "2026-11-20T12:30:00Z";

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) pool: PgPool,
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) bus: Arc<Recorder>,
    pub(crate) state: State,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// What is at a JSON pointer; null when nothing is.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn uuid(&self, pointer: &str) -> anyhow::Result<Uuid> {
        Ok(self.text(pointer).parse()?)
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The fields a problem names, after checking that it is one.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.assert_problem();
        let errors = self.at("/errors").as_array().into_iter().flatten();
        errors
            .filter_map(|error| error.get("field")?.as_str())
            .collect()
    }

    /// RFC 9457: the kind of the body, and its four members.
    pub(crate) fn assert_problem(&self) {
        assert_eq!(
            self.header(header::CONTENT_TYPE),
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.at("/status"), self.status.as_u16(), "{self:?}");
        for member in ["/type", "/title", "/detail"] {
            assert!(
                !self.text(member).is_empty(),
                "{member} is missing in {self:?}"
            );
        }
    }
}

impl World {
    pub(crate) fn new(pool: PgPool) -> anyhow::Result<Self> {
        Self::with_graph(pool, config::Meta::nowhere())
    }

    pub(crate) fn with_graph(pool: PgPool, graph: config::Meta) -> anyhow::Result<Self> {
        let db = Database::from_pool(pool.clone());
        let clock = Clock::manual(NOW.parse()?);
        let (bus, recorder) = Bus::recorder();
        let state = State {
            db: db.clone(),
            bus,
            clock: clock.clone(),
            tokens: Tokens::new(vec![[7; 32], Sha256::digest(TOKEN).into()]),
            graph: Graph::open(graph),
            media: Media::none(),
            webhook_keys: config::WebhookKeys::parse(WEBHOOK_SECRETS)
                .map_err(anyhow::Error::msg)?,
            embed_origins: Arc::default(),
        };
        let router = dispatcher::router(state.clone());
        Ok(Self {
            state,
            router,
            pool,
            db,
            clock,
            bus: recorder,
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Self::request(Method::GET, path).body(Body::empty())?)
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.with_body(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.with_body(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Self::request(Method::DELETE, path).body(Body::empty())?)
            .await
    }

    /// A POST without a body.
    pub(crate) async fn press(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Self::request(Method::POST, path).body(Body::empty())?)
            .await
    }

    pub(crate) async fn post_with_key(
        &self,
        path: &str,
        key: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let request = Self::request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", key)
            .body(Body::from(body.to_string()))?;
        self.send(request).await
    }

    async fn with_body(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let request = Self::request(method, path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        self.send(request).await
    }

    /// A request with the right token.
    pub(crate) fn request(method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> anyhow::Result<Answer> {
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let body = match bytes.as_ref() {
            b"" => Value::Null,
            bytes => serde_json::from_slice(bytes)?,
        };
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    pub(crate) async fn given_brand(&self) -> anyhow::Result<Uuid> {
        let brand = sqlx::query_scalar(
            "with o as (insert into organizations (name) values ('Acme') returning id)
             insert into brands (organization_id, name) select id, 'Anvils' from o returning id",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(brand)
    }

    /// A job every day at 06:00 in UTC.
    pub(crate) async fn given_daily_job(&self) -> anyhow::Result<Uuid> {
        let brand = self.given_brand().await?;
        let job = self.post("/api/jobs", &daily(brand)).await?;
        anyhow::ensure!(job.status == StatusCode::CREATED, "{job:?}");
        self.bus.take();
        job.uuid("/id")
    }

    /// A run-now for a brand of its own.
    pub(crate) async fn given_run(&self) -> anyhow::Result<Uuid> {
        let brand = self.given_brand().await?;
        let run = self.post("/api/runs", &run_now(brand)).await?;
        anyhow::ensure!(run.status == StatusCode::ACCEPTED, "{run:?}");
        self.bus.take();
        run.uuid("/run_id")
    }

    pub(crate) async fn count(&self, from: &str) -> anyhow::Result<i64> {
        let sql = format!("select count(*) from {from}");
        Ok(sqlx::query_scalar(&sql).fetch_one(&self.pool).await?)
    }

    /// Changes rows as the runtime would.
    pub(crate) async fn sql(&self, sql: &str) -> anyhow::Result<()> {
        sqlx::query(sql).execute(&self.pool).await?;
        Ok(())
    }

    /// Status, reason and nominal time of a job's ticks, oldest first.
    pub(crate) async fn ticks(&self, job: Uuid) -> anyhow::Result<Vec<String>> {
        let ticks = sqlx::query_scalar(
            "select to_char(scheduled_for at time zone 'UTC', 'MM-DD HH24:MI ') || status
                    || coalesce(' ' || reason, '')
               from scheduled_job_runs
              where scheduled_job_id = $1 and origin = 'tick'
              order by scheduled_for",
        )
        .bind(job)
        .fetch_all(&self.pool)
        .await?;
        Ok(ticks)
    }

    pub(crate) fn runs_requested(&self) -> Vec<Uuid> {
        let sent = self.bus.sent().into_iter();
        sent.filter_map(|event| match event {
            BusEvent::RunRequested { run_id, .. } => Some(run_id.0),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn schedules_changed(&self) -> Vec<Uuid> {
        let sent = self.bus.sent().into_iter();
        sent.filter_map(|event| match event {
            BusEvent::ScheduleChanged { job_id } => Some(job_id.0),
            _ => None,
        })
        .collect()
    }
}

pub(crate) fn daily(brand: Uuid) -> Value {
    json!({ "job_type": "asset_download", "brand_id": brand, "cron_expression": "0 6 * * *" })
}

pub(crate) fn run_now(brand: Uuid) -> Value {
    json!({ "job_type": "asset_download", "brand_id": brand, "parameters": { "max_videos": 5 } })
}

/// An object with some of its members replaced.
pub(crate) fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        if let Some(object) = object.as_object_mut() {
            object.insert(name.clone(), value.clone());
        }
    }
    object
}
