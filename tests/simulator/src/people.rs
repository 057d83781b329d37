//! People at the API: they create, edit, pause, resume, run, cancel and archive at any moment.

use std::rc::Rc;

use anyhow::Context;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::{
    domain::{JobId, RunId},
    runtime::Event,
};
use sqlx::Row;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    calendar::Calendar,
    jobs::{Epoch, Job, request},
    line::Strike,
    office::{Driven, Work},
    report::Violation,
    work::Stage,
    world::{Step, TOKEN, What, World},
};

/// More statements than one request executes.
const STATEMENTS_MAX: u32 = 12;

impl World {
    /// Somebody does something to some job, and somebody else some hours later.
    pub(crate) async fn person(&mut self) -> Step {
        if self.is_calm {
            return Ok(Ok(()));
        }
        let delay = self.chance.seconds(1_800, 12 * 3_600);
        self.schedule(delay, What::Person);
        let live: Vec<usize> = (0..self.jobs.len())
            .filter(|index| {
                self.jobs
                    .get(*index)
                    .is_some_and(|job| job.archived_at.is_none())
            })
            .collect();
        let Some(index) = Some(self.chance.pick(&live, usize::MAX)).filter(|it| *it != usize::MAX)
        else {
            return self.create_job().await;
        };
        let is_paused = self.jobs.get(index).is_some_and(Job::is_paused);
        if is_paused && self.chance.hits(50.0) {
            return self.press(index, "resume").await;
        }
        match self.chance.number(0, 19) {
            0..=4 => self.edit(index).await,
            5..=8 => self.pause_or_resume(index).await,
            9..=10 => self.press(index, "run").await,
            11..=12 => {
                self.rush(index);
                Ok(Ok(()))
            }
            13..=16 => self.cancel().await,
            17 => {
                self.press(index, "archive").await?.ok();
                self.create_job().await
            }
            _ => self.stray(index),
        }
    }

    /// Somebody runs a job by hand right before its rule, or another one, fires.
    fn rush(&mut self, index: usize) {
        let next = self.cloud.next().unwrap_or(self.now);
        let early = self.chance.seconds(1, 40);
        let delay = (next - early - self.now).max(TimeDelta::zero());
        if let Some(job) = self.jobs.get(index).map(|job| job.id) {
            self.schedule(delay, What::Press(job, "run"));
        }
    }

    pub(crate) async fn press_job(&mut self, id: JobId, action: &'static str) -> Step {
        let live = |job: &Job| job.id == id && job.archived_at.is_none();
        match self.jobs.iter().position(live) {
            Some(index) if !self.is_calm => self.press(index, action).await,
            _ => Ok(Ok(())),
        }
    }

    pub(crate) async fn create_job(&mut self) -> Step {
        self.tally.action("create");
        let (note, calendar) = (self.jobs_made, Calendar::draw(&mut self.chance));
        self.jobs_made += 1;
        let brand = self.chance.pick(&self.brands, Uuid::nil());
        let body = request(&mut self.chance, brand, &calendar, note);
        let outcome = self
            .call(Method::POST, "/api/jobs".to_owned(), Some(&body))
            .await?;
        let sql = "select id from scheduled_jobs where name = $1";
        let name = format!("job {note}");
        let id: Option<Uuid> = sqlx::query_scalar(sql)
            .bind(&name)
            .fetch_optional(&self.ledger)
            .await?;
        if let Some(id) = id {
            self.jobs.push(Job {
                id: JobId(id),
                name,
                epochs: vec![Epoch {
                    calendar,
                    from: self.desk_now(),
                    until: None,
                }],
                pauses: vec![],
                archived_at: None,
                is_exclusive: body.get("overlap_policy") != Some(&json!("allow")),
                max_retries: body
                    .get("max_retries")
                    .and_then(Value::as_i64)
                    .unwrap_or_default(),
                revision: 1,
            });
        }
        Ok(outcome)
    }

    /// Changes the calendar, sometimes only a part of it.
    async fn edit(&mut self, index: usize) -> Step {
        self.tally.action("edit");
        let calendar = Calendar::draw(&mut self.chance);
        let body = json!({
            "cron_expression": calendar.cron(), "timezone": calendar.zone.name(),
            "dst_gap_policy": calendar.gap, "dst_repeat_policy": calendar.repeat,
        });
        let Some(job) = self.jobs.get(index) else {
            return Ok(Ok(()));
        };
        let (path, revision) = (format!("/api/jobs/{}", job.id), job.revision);
        let outcome = self.call(Method::PATCH, path, Some(&body)).await?;
        self.observe(index).await?;
        let now = self.desk_now();
        if let Some(job) = self.jobs.get_mut(index)
            && job.revision != revision
            && job.calendar() != Some(&calendar)
        {
            job.change(now, Some(calendar));
        }
        Ok(outcome)
    }

    async fn pause_or_resume(&mut self, index: usize) -> Step {
        let is_paused = self.jobs.get(index).is_some_and(Job::is_paused);
        self.press(index, if is_paused { "resume" } else { "pause" })
            .await
    }

    async fn press(&mut self, index: usize, action: &'static str) -> Step {
        self.tally.action(action);
        let Some(job) = self.jobs.get(index) else {
            return Ok(Ok(()));
        };
        let path = format!("/api/jobs/{}/{action}", job.id);
        let outcome = self.call(Method::POST, path, None).await?;
        self.observe(index).await?;
        Ok(outcome)
    }

    async fn cancel(&mut self) -> Step {
        self.tally.action("cancel");
        let sql = "select id from scheduled_job_runs where status in ('pending', 'running')
                    order by scheduled_for, attempt_number, scheduled_job_id";
        let runs: Vec<Uuid> = sqlx::query_scalar(sql).fetch_all(&self.ledger).await?;
        let run = self.chance.pick(&runs, Uuid::nil());
        if run.is_nil() {
            return Ok(Ok(()));
        }
        let outcome = self
            .call(Method::POST, format!("/api/runs/{run}/cancel"), None)
            .await?;
        let sql = "select cancel_requested_at is not null from scheduled_job_runs where id = $1";
        if sqlx::query_scalar(sql)
            .bind(run)
            .fetch_one(&self.ledger)
            .await?
        {
            self.stopped.insert(RunId(run));
        }
        Ok(outcome)
    }

    /// An event nobody asked for: hours before or after a fire time.
    fn stray(&mut self, index: usize) -> Step {
        self.tally.fault("stray ticks");
        if let Some(job) = self.jobs.get(index) {
            let event = Event::Tick {
                job_id: job.id,
                time: self.now,
            };
            self.schedule(TimeDelta::zero(), What::Deliver(event, 0));
        }
        Ok(Ok(()))
    }

    /// Learns from the row whether a request took effect; its answer may have been lost.
    async fn observe(&mut self, index: usize) -> anyhow::Result<()> {
        let now = self.desk_now();
        let Some(job) = self.jobs.get_mut(index) else {
            return Ok(());
        };
        let sql = "select revision, status from scheduled_jobs where id = $1";
        let row = sqlx::query(sql)
            .bind(job.id.0)
            .fetch_one(&self.ledger)
            .await?;
        job.revision = row.try_get("revision")?;
        let status: String = row.try_get("status")?;
        match (status.as_str(), job.is_paused()) {
            ("paused", false) => job.pauses.push((now, None)),
            ("active" | "archived", true) => {
                if let Some((_, until)) = job.pauses.last_mut() {
                    *until = Some(now);
                }
            }
            _ => {}
        }
        if status == "archived" && job.archived_at.is_none() {
            job.archived_at = Some(now);
            job.change(now, None);
        }
        Ok(())
    }

    /// Sends a request; its line may be cut and its function may die.
    async fn call(&mut self, method: Method, path: String, body: Option<&Value>) -> Step {
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
        let struck = self.desk.line.struck();
        let Driven::Done(answer) = driven else {
            drop(work);
            self.tally.fault("dispatchers killed");
            self.log(|| format!("{method} {path}: the dispatcher dies"));
            self.desk.line.release(false);
            return Ok(Ok(()));
        };
        let (status, body) = answer?;
        self.log(|| format!("{method} {path}: {status}"));
        if struck.is_some() {
            self.tally.fault("connections cut");
        }
        let is_refused = status.is_client_error() && status != StatusCode::CONFLICT;
        Ok(
            match (status.is_server_error() && struck.is_none()) || is_refused {
                true => Err(Violation {
                    invariant: "a request fails only when something was made to fail",
                    found: format!("{method} {path}: {status} {body}"),
                }),
                false => Ok(()),
            },
        )
    }

    /// What the dispatcher's clock shows.
    fn desk_now(&self) -> DateTime<Utc> {
        self.desk_clock.0.now()
    }

    /// What people call a job.
    pub(crate) fn name(&self, id: JobId) -> &str {
        let job = self.jobs.iter().find(|job| job.id == id);
        job.map_or("a job", |job| &job.name)
    }
}
