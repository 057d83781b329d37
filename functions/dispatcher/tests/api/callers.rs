//! Callers of every role, in a world of two organisations.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use dispatcher::{State, Tokens};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::domain::Role;
use uuid::Uuid;

use crate::world::{Answer, TOKEN, World};

/// An organisation and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant {
    pub(crate) organization: Uuid,
    pub(crate) brand: Uuid,
    pub(crate) job: Uuid,
    /// A run that failed for good.
    pub(crate) run: Uuid,
    /// A batch of another such run, made by somebody of the organisation.
    pub(crate) batch: Uuid,
    /// A token that nobody calls with.
    pub(crate) token: Uuid,
}

impl World {
    /// The same world, in which each caller may make so many requests a minute.
    pub(crate) fn limited_to(mut self, requests_per_minute: u32) -> Self {
        let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]);
        self.router = dispatcher::router(State {
            tokens: tokens.limited_to(requests_per_minute),
            ..self.state.clone()
        });
        self
    }

    /// A token for an organisation, or for the installation.
    pub(crate) async fn given_token(
        &self,
        role: Role,
        organization: Option<Uuid>,
    ) -> anyhow::Result<(Uuid, String)> {
        let body = json!({ "name": "a test", "role": role, "organization_id": organization });
        let answer = self.post("/api/tokens", &body).await?;
        anyhow::ensure!(answer.status == StatusCode::CREATED, "{answer:?}");
        Ok((answer.uuid("/id")?, answer.text("/token")))
    }

    /// An organisation that has one of everything.
    pub(crate) async fn given_tenant(&self) -> anyhow::Result<Tenant> {
        let job = self.given_daily_job().await?;
        let (brand, organization): (Uuid, Uuid) =
            sqlx::query_as("select brand_id, organization_id from scheduled_jobs where id = $1")
                .bind(job)
                .fetch_one(&self.pool)
                .await?;
        let run = self.given_dead_letter(job).await?;
        let other = self.given_dead_letter(job).await?;
        let body = json!({ "run_ids": [other] });
        let (_, operator) = self.given_token(Role::Operator, Some(organization)).await?;
        let call = ("POST", "/api/dead-letters/retry");
        let batch = self.call(Some(&operator), call, Some(&body)).await?;
        let (token, _) = self.given_token(Role::Viewer, Some(organization)).await?;
        Ok(Tenant {
            organization,
            brand,
            job,
            run,
            batch: batch.uuid("/id")?,
            token,
        })
    }

    async fn given_dead_letter(&self, job: Uuid) -> anyhow::Result<Uuid> {
        let run = self
            .post(&format!("/api/jobs/{job}/run"), &json!({}))
            .await?;
        let run = run.uuid("/run_id")?;
        sqlx::query(
            "update scheduled_job_runs
                set status = 'failed', started_at = '2026-11-20T12:00:00Z',
                    completed_at = '2026-11-20T12:10:05Z', error_kind = 'permanent', error_message = 'no'
              where id = $1",
        )
        .bind(run)
        .execute(&self.pool)
        .await?;
        Ok(run)
    }

    /// A POST of JSON with a token.
    pub(crate) fn request_of(token: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
    }

    /// A request with a token, or with none.
    pub(crate) async fn call(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let method: Method = method.parse()?;
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
        };
        self.send(request.body(body)?).await
    }
}
