//! One organization, one brand, one clock, one ledger, and verbs to tell a story with.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::{
    clients::bus::{Bus, BusEvent, Recorder},
    domain::{AssetDownloadParams, Clock, JobError, JobId, JobType, Outcome, Report, RunId},
    runtime::{self, Delivery, Event, Run, Worker},
    store::{Database, runs},
};
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// Invocations of this world may work for so long.
pub const INVOCATION: TimeDelta = TimeDelta::seconds(900);

/// What a handler that panics on purpose says.
pub const ON_PURPOSE: &str = "on purpose";

pub struct World {
    pub pool: PgPool,
    pub clock: Clock,
    pub bus: Arc<Recorder>,
    pub worker: Worker,
    pub brand: Uuid,
    jobs: AtomicU64,
    worked: AtomicU64,
}

/// A row of the ledger, as tests look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRow {
    pub id: RunId,
    pub scheduled_for: DateTime<Utc>,
    pub attempt: i32,
    pub segment: i32,
    pub status: String,
    pub reason: Option<String>,
    pub error_kind: Option<String>,
    pub error: Option<String>,
    pub run_after: DateTime<Utc>,
    pub retry: Option<Uuid>,
    pub metadata: Value,
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl World {
    /// It is five minutes to six, and nothing is scheduled.
    pub async fn new(pool: PgPool) -> Self {
        let clock = Clock::manual(at("2026-11-20T05:55:00Z"));
        let (bus, recorder) = Bus::recorder();
        let organization = Uuid::new_v4();
        let brand = Uuid::new_v4();
        sqlx::query("insert into organizations (id, name) values ($1, 'Northwind')")
            .bind(organization)
            .execute(&pool)
            .await
            .unwrap();
        sqlx::query("insert into brands (id, organization_id, name) values ($1, $2, 'Tea')")
            .bind(brand)
            .bind(organization)
            .execute(&pool)
            .await
            .unwrap();
        let db = Database::from_pool(pool.clone());
        let worker = Worker {
            job_type: JobType::AssetDownload,
            db,
            bus,
            clock: clock.clone(),
        };
        Self {
            pool,
            clock,
            bus: recorder,
            worker,
            brand,
            jobs: AtomicU64::new(0),
            worked: AtomicU64::new(0),
        }
    }

    /// A job at six every morning, UTC, next due today.
    pub async fn daily_job(&self) -> JobId {
        self.job("0 6 * * *", at("2026-11-20T06:00:00Z")).await
    }

    /// A recurring job whose watermark is at `next`.
    pub async fn job(&self, cron: &str, next: DateTime<Utc>) -> JobId {
        let id = Uuid::new_v4();
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name,
                    schedule_type, cron_expression, next_run_at, parameters)
             select $1, organization_id, id, 'asset_download', 'Download', 'recurring', $3, $4, $5
               from brands where id = $2",
        )
        .bind(id)
        .bind(self.brand)
        .bind(cron)
        .bind(next)
        // Two recurring jobs of a brand and type must differ in their parameters.
        .bind(json!({ "max_videos": self.jobs.fetch_add(1, Ordering::Relaxed) % 100 }))
        .execute(&self.pool)
        .await
        .unwrap();
        JobId(id)
    }

    /// A one-time job with a pending run, as "run now" makes them.
    pub async fn run_now(&self, job: JobId) -> RunId {
        let id = Uuid::new_v4();
        sqlx::query(
            "insert into scheduled_job_runs (id, scheduled_job_id, job_revision, origin,
                    scheduled_for, run_after, parameters)
             select $1, id, revision, 'manual', $3, $3, parameters
               from scheduled_jobs where id = $2",
        )
        .bind(id)
        .bind(job.0)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .unwrap();
        RunId(id)
    }

    /// Changes a job past the API.
    pub async fn set(&self, job: JobId, assignment: &str) {
        sqlx::query(&format!(
            "update scheduled_jobs set {assignment} where id = $1"
        ))
        .bind(job.0)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    pub fn tick(&self, job: JobId) -> Event {
        Event::Tick {
            job_id: job,
            time: self.clock.now(),
        }
    }

    /// Delivers an event to a handler that does its work well.
    pub async fn deliver(&self, event: Event) -> Delivery {
        self.deliver_to(event, async |_| {
            Ok(Outcome::Done(Report::new().count("files", 3)))
        })
        .await
    }

    /// Delivers an event to a handler of the test's own.
    pub async fn deliver_to(
        &self,
        event: Event,
        handler: impl AsyncFn(&Run<AssetDownloadParams>) -> Result<Outcome, JobError>,
    ) -> Delivery {
        let delivery = self.try_deliver(event, handler).await.unwrap();
        let panics: Vec<String> = sqlx::query_scalar(
            "select error_message from scheduled_job_runs where id = $1 and error_kind = 'panic'",
        )
        .bind(delivery.run_id.map(|run| run.0))
        .fetch_all(&self.pool)
        .await
        .unwrap();
        // The runtime survives panics, so a failed assertion of a handler would go unnoticed.
        let is_meant = |panic: &String| panic.contains(ON_PURPOSE);
        assert!(panics.iter().all(is_meant), "{panics:?}");
        delivery
    }

    pub async fn try_deliver(
        &self,
        event: Event,
        handler: impl AsyncFn(&Run<AssetDownloadParams>) -> Result<Outcome, JobError>,
    ) -> anyhow::Result<Delivery> {
        let counting = async |run: &Run<AssetDownloadParams>| {
            self.worked.fetch_add(1, Ordering::Relaxed);
            handler(run).await
        };
        runtime::deliver(
            &self.worker,
            event,
            self.clock.now() + INVOCATION,
            &counting,
        )
        .await
    }

    /// How many times a handler was called.
    pub fn worked(&self) -> u64 {
        self.worked.load(Ordering::Relaxed)
    }

    /// What the reconciler does about runs every minute; returns what it sends.
    pub async fn sweep(&self) -> Vec<Event> {
        let (db, now) = (&self.worker.db, self.clock.now());
        runtime::account_overdue(db, &self.clock).await.unwrap();
        runtime::release_retries(db, now).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let expired = runs::expired(&mut tx, now, 100).await.unwrap();
        tx.commit().await.unwrap();
        for run in expired {
            runtime::fail_expired(db, run, now).await.unwrap();
        }
        let mut tx = db.begin().await.unwrap();
        let due = runs::due(&mut tx, now, 100).await.unwrap();
        let ended = runs::unannounced(&mut tx, now, 100).await.unwrap();
        tx.commit().await.unwrap();
        self.bus.take();
        runtime::announce(db, &self.worker.bus, &ended, &due, now)
            .await
            .unwrap();
        self.requested()
    }

    /// The runs the bus was asked to deliver since it was last looked at.
    pub fn requested(&self) -> Vec<Event> {
        self.bus
            .take()
            .into_iter()
            .filter_map(|event| match event {
                BusEvent::RunRequested { run_id, .. } => Some(Event::Run { run_id }),
                _ => None,
            })
            .collect()
    }

    /// The ledger of a job, in the order of fire times and attempts.
    pub async fn ledger(&self, job: JobId) -> Vec<LedgerRow> {
        sqlx::query(
            "select * from scheduled_job_runs where scheduled_job_id = $1
              order by scheduled_for, attempt_number",
        )
        .bind(job.0)
        .fetch_all(&self.pool)
        .await
        .unwrap()
        .into_iter()
        .map(|row| LedgerRow {
            id: RunId(row.get("id")),
            scheduled_for: row.get("scheduled_for"),
            attempt: row.get("attempt_number"),
            segment: row.get("segment"),
            status: row.get("status"),
            reason: row.get("reason"),
            error_kind: row.get("error_kind"),
            error: row.get("error_message"),
            run_after: row.get("run_after"),
            retry: row.get("retry_run_id"),
            metadata: row.get("metadata"),
        })
        .collect()
    }

    /// The verdicts of a job's ledger, as in `06:00 #1 completed`.
    pub async fn verdicts(&self, job: JobId) -> Vec<String> {
        let rows = self.ledger(job).await;
        rows.iter()
            .map(|row| {
                let reason = row.reason.as_ref().map(|reason| format!("/{reason}"));
                let time = row.scheduled_for.format("%H:%M");
                format!(
                    "{time} #{} {}{}",
                    row.attempt,
                    row.status,
                    reason.unwrap_or_default()
                )
            })
            .collect()
    }

    /// One value of one job.
    pub async fn job_value(&self, job: JobId, expression: &str) -> Option<String> {
        sqlx::query_scalar(&format!(
            "select ({expression})::text from scheduled_jobs where id = $1"
        ))
        .bind(job.0)
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}
