//! A dispatcher, its database, and a browser that looks at it.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use dispatcher::{Graph, Media, State, Tokens};
use http_body_util::BodyExt;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::{
    clients::bus::{Bus, Recorder},
    config,
    domain::Clock,
    store::Database,
};
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) const TOKEN: &str = "the right token";

/// A Friday, half past twelve in UTC.
pub(crate) const NOW: &str = "2026-11-20T12:30:00Z";

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) bus: Arc<Recorder>,
    pub(crate) state: State,
    pub(crate) router: Router,
    /// What the browser keeps, as in `__Host-sundial=…`.
    pub(crate) cookie: Option<String>,
}

/// What the browser shows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// Where the browser is sent.
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        self.header(header::LOCATION)
    }

    /// The value of the first field of a name, as an attribute has it.
    pub(crate) fn field(&self, name: &str) -> String {
        let tag = self.text.split(&format!("name=\"{name}\"")).nth(1);
        let tag = tag.and_then(|rest| rest.split('>').next());
        let value = tag.and_then(|tag| tag.split(" value=\"").nth(1)?.split('"').next());
        value.unwrap_or_default().to_owned()
    }

    pub(crate) fn assert_says(&self, words: &str) {
        assert!(
            self.text.contains(words),
            "{words:?} is missing in {}",
            self.text
        );
    }

    pub(crate) fn assert_does_not_say(&self, words: &str) {
        assert!(!self.text.contains(words), "{words:?} is in {}", self.text);
    }
}

impl World {
    /// A browser that is not signed in.
    pub(crate) fn new(pool: PgPool) -> anyhow::Result<Self> {
        let clock = Clock::manual(NOW.parse()?);
        let (bus, recorder) = Bus::recorder();
        let db = Database::from_pool(pool.clone());
        let state = State {
            db: db.clone(),
            bus,
            clock: clock.clone(),
            tokens: Tokens::new(vec![[7; 32], Sha256::digest(TOKEN).into()]),
            graph: Graph::open(config::Meta::nowhere()),
            media: Media::none(),
            webhook_keys: config::WebhookKeys::default(),
            embed_origins: Arc::default(),
        };
        let router = dispatcher::router(state.clone());
        Ok(Self {
            pool,
            db,
            clock,
            bus: recorder,
            state,
            router,
            cookie: None,
        })
    }

    /// A browser that is signed in.
    pub(crate) async fn signed_in(pool: PgPool) -> anyhow::Result<Self> {
        let mut world = Self::new(pool)?;
        world.sign_in().await?;
        Ok(world)
    }

    pub(crate) async fn sign_in(&mut self) -> anyhow::Result<Page> {
        self.sign_in_with(TOKEN).await
    }

    pub(crate) async fn sign_in_with(&mut self, token: &str) -> anyhow::Result<Page> {
        let page = self.submit("/console/sign-in", &[("token", token)]).await?;
        let cookie = page.header(header::SET_COOKIE).split(';').next();
        self.cookie = cookie.filter(|it| !it.is_empty()).map(str::to_owned);
        anyhow::ensure!(self.cookie.is_some(), "{page:?}");
        Ok(page)
    }

    /// The same dispatcher after the token was taken out of its configuration.
    pub(crate) fn revoke_token(&mut self) {
        let tokens = Tokens::new(vec![[7; 32]]);
        self.router = dispatcher::router(State {
            tokens,
            ..self.state.clone()
        });
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path);
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Page> {
        self.send(self.request(Method::GET, path).body(Body::empty())?)
            .await
    }

    /// Sends a form with exactly these fields.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        self.send(self.form(path, fields)?).await
    }

    pub(crate) fn form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<Request<Body>> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Ok(self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))?)
    }

    /// Sends a form as a page of this session does.
    pub(crate) async fn press(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let proof = self.proof().await?;
        let mut all = vec![("proof", proof.as_str())];
        all.extend_from_slice(fields);
        self.submit(path, &all).await
    }

    /// What forms of this session carry.
    pub(crate) async fn proof(&self) -> anyhow::Result<String> {
        let proof = self.get("/console").await?.field("proof");
        anyhow::ensure!(!proof.is_empty(), "no form on the overview");
        Ok(proof)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> anyhow::Result<Page> {
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await?.to_bytes();
        Ok(Page {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec())?,
        })
    }

    /// Hands an event of a function URL to the dispatcher.
    pub(crate) async fn event(&self, event: Value) -> anyhow::Result<ApiGatewayV2httpResponse> {
        let answer = dispatcher::answer(self.router.clone(), event).await;
        answer.map_err(|error| anyhow::anyhow!(error))
    }

    /// Asks the API, with the right token.
    pub(crate) async fn api(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        let page = self.send(request).await?;
        anyhow::ensure!(page.status.is_success(), "{page:?}");
        Ok(serde_json::from_str(&page.text)?)
    }

    pub(crate) async fn given_brand(&self, name: &str) -> anyhow::Result<Uuid> {
        let brand = sqlx::query_scalar(
            "with o as (insert into organizations (name) values ('Acme') returning id)
             insert into brands (organization_id, name) select id, $1 from o returning id",
        )
        .bind(name)
        .fetch_one(&self.pool)
        .await?;
        Ok(brand)
    }

    /// A job every day at 06:00 in UTC.
    pub(crate) async fn given_daily_job(&self, name: &str) -> anyhow::Result<Uuid> {
        let brand = self.given_brand("Anvils").await?;
        let job = json!({
            "job_type": "asset_download", "brand_id": brand, "cron_expression": "0 6 * * *",
            "name": name,
        });
        let job = self.api(Method::POST, "/api/jobs", &job).await?;
        self.bus.take();
        id_of(&job, "/id")
    }

    /// A run of a job of its own that waits.
    pub(crate) async fn given_run(&self) -> anyhow::Result<Uuid> {
        let job = self.given_daily_job("Download everything").await?;
        self.given_run_of(job).await
    }

    pub(crate) async fn given_run_of(&self, job: Uuid) -> anyhow::Result<Uuid> {
        let path = format!("/api/jobs/{job}/run");
        let run = self.api(Method::POST, &path, &json!({})).await?;
        self.bus.take();
        id_of(&run, "/run_id")
    }

    /// A run that failed for good, in these words.
    pub(crate) async fn given_dead_letter(&self, message: &str) -> anyhow::Result<Uuid> {
        let run = self.given_run().await?;
        sqlx::query(
            "update scheduled_job_runs
                set status = 'failed', started_at = '2026-11-20T12:00:00Z',
                    completed_at = '2026-11-20T12:10:05Z', error_kind = 'permanent', error_message = $2
              where id = $1",
        )
        .bind(run)
        .bind(message)
        .execute(&self.pool)
        .await?;
        Ok(run)
    }

    /// Changes rows as the runtime would.
    pub(crate) async fn sql(&self, sql: &str) -> anyhow::Result<()> {
        sqlx::raw_sql(sql).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn count(&self, from: &str) -> anyhow::Result<i64> {
        let sql = format!("select count(*) from {from}");
        Ok(sqlx::query_scalar(&sql).fetch_one(&self.pool).await?)
    }
}

fn id_of(answer: &Value, pointer: &str) -> anyhow::Result<Uuid> {
    let id = answer.pointer(pointer).and_then(Value::as_str);
    Ok(id.unwrap_or_default().parse()?)
}
