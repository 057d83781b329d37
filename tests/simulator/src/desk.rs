//! The desk at which people ask: requests to the dispatcher, and what they came to.

use std::rc::Rc;

use anyhow::Context;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use serde_json::Value;
use shared::domain::JobId;
use sqlx::Row;
use tower::ServiceExt;

use crate::{
    line::Strike,
    office::{Driven, Work},
    report::Violation,
    work::Stage,
    world::{Step, TOKEN, World},
};

/// More statements than one request executes.
const STATEMENTS_MAX: u32 = 12;

impl World {
    /// Sends a request; its line may be cut and its function may die.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: String,
        body: Option<&Value>,
    ) -> Step {
        self.tally.invocations += 1;
        let (clock, skew) = &self.desk_clock;
        clock.set(self.now + *skew);
        let request = Request::builder()
            .method(method.clone())
            .uri(&path)
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body
            .map(Value::to_string)
            .map_or_else(Body::empty, Body::from);
        let (router, request) = (self.router.clone(), request.body(body)?);
        let mut work: Work<anyhow::Result<(StatusCode, String)>> = Box::pin(async move {
            let answer = router.oneshot(request).await.context("the router")?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        });
        let strikes = [Strike::Cut, Strike::Death];
        let trouble = self.trouble(10.0, STATEMENTS_MAX, &strikes);
        self.desk
            .line
            .expect(trouble.filter(|_| !self.jobs.is_empty()));
        self.brace_bus();
        let driven = self.desk.drive(&mut work, &Rc::new(Stage::default())).await;
        self.rules_may_differ = true;
        self.is_answered = false;
        let is_excused = self.desk.line.is_excused();
        let Driven::Done(answer) = driven else {
            drop(work);
            self.tally.fault("dispatchers killed");
            self.log(|| format!("{method} {path}: the dispatcher dies"));
            self.desk.line.release(false);
            return Ok(Ok(()));
        };
        let (status, body) = answer?;
        self.is_answered = status.is_success();
        self.log(|| format!("{method} {path}: {status}"));
        if self.desk.line.struck().is_some() {
            self.tally.fault("connections cut");
        }
        let is_refused = status.is_client_error() && status != StatusCode::CONFLICT;
        Ok(
            match (status.is_server_error() && !is_excused) || is_refused {
                true => Err(Violation {
                    invariant: "a request fails only when something was made to fail",
                    found: format!("{method} {path}: {status} {body}"),
                }),
                false => Ok(()),
            },
        )
    }

    /// What the dispatcher's clock shows, or would.
    pub(crate) fn desk_now(&self) -> DateTime<Utc> {
        self.now + self.desk_clock.1
    }

    /// What people call a job.
    pub(crate) fn name(&self, id: JobId) -> &str {
        let job = self.jobs.iter().find(|job| job.id == id);
        job.map_or("a job", |job| &job.name)
    }

    /// Learns from the row whether a request took effect; its answer may have been lost.
    pub(crate) async fn observe(&mut self, index: usize) -> anyhow::Result<()> {
        let now = self.desk_now();
        let Some(job) = self.jobs.get_mut(index) else {
            return Ok(());
        };
        let sql = "select revision, status, paused_until from scheduled_jobs where id = $1";
        let row = sqlx::query(sql)
            .bind(job.id.0)
            .fetch_one(&self.ledger)
            .await?;
        job.revision = row.try_get("revision")?;
        let status: String = row.try_get("status")?;
        let until: Option<DateTime<Utc>> = row.try_get("paused_until")?;
        let is_paused = status == "paused" && until.is_none_or(|until| until > now);
        match (is_paused, job.is_paused(now)) {
            (true, false) => job.pauses.push((now, until)),
            (_, true) => {
                let end = if is_paused { until } else { Some(now) };
                if let Some((_, until)) = job.pauses.last_mut() {
                    *until = end;
                }
            }
            _ => {}
        }
        if status == "archived" && job.archived_at.is_none() {
            job.archived_at = Some(now);
            job.change(now, None);
        }
        job.is_ended |= status == "completed";
        Ok(())
    }
}
