//! One brand, one clock, one cloud, and verbs to tell a story with.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reconciler::{Event, Reconciler, Report, error::Failures, rules::Schedules};
use serde_json::json;
use shared::{
    clients::{
        bus::{Bus, Recorder},
        cloud_clock::{StandInEventBridge, StandInRule},
    },
    config::{ClockBackend, Rules, RulesOwner, Scheduler},
    domain::{BrandId, Clock, JobId, RunId, timing::Timing},
    runtime::{self, Edited},
    store::{Database, jobs::changes::Author},
};
use sqlx::{PgPool, Row};
use uuid::Uuid;

/// An invocation may work for so long.
const INVOCATION: TimeDelta = TimeDelta::seconds(60);

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    pub(crate) cloud: StandInEventBridge,
    pub(crate) bus: Arc<Recorder>,
    pub(crate) reconciler: Reconciler,
    brand: Uuid,
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn settings() -> Rules {
    Rules {
        prefix: "sundial".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:1:function:{function}".to_owned(),
        calls_per_second: 1_000,
        owner: RulesOwner::Reconciler,
        clock: ClockBackend::Rules,
        scheduler: Scheduler::default(),
    }
}

impl World {
    /// It is five minutes to six, and nothing is scheduled.
    pub(crate) async fn new(pool: PgPool) -> Self {
        let clock = Clock::manual(at("2026-11-20T05:55:00Z"));
        let cloud = StandInEventBridge::start().await;
        let (sender, bus) = Bus::recorder();
        let (organization, brand) = (Uuid::now_v7(), Uuid::now_v7());
        sqlx::query("insert into organizations (id, name) values ($1, 'Northwind')")
            .bind(organization)
            .execute(&pool)
            .await
            .expect("an organization");
        sqlx::query("insert into brands (id, organization_id, name) values ($1, $2, 'Tea')")
            .bind(brand)
            .bind(organization)
            .execute(&pool)
            .await
            .expect("a brand");
        let db = Database::from_pool(pool.clone());
        let reconciler = Reconciler::new(
            db,
            sender,
            Arc::new(cloud.client()),
            settings(),
            clock.clone(),
        )
        .keeping(TimeDelta::days(90));
        Self {
            pool,
            clock,
            cloud,
            bus,
            reconciler,
            brand,
        }
    }

    /// The same, with Terraform as the owner of the rules.
    pub(crate) fn of_terraform(mut self) -> Self {
        let (sender, bus) = Bus::recorder();
        let schedules = self.schedules_of(RulesOwner::Terraform);
        let (db, cloud, clock) = (schedules.db, schedules.cloud, schedules.clock);
        self.reconciler = Reconciler::new(db, sender, cloud, schedules.settings, clock);
        self.bus = bus;
        self
    }

    /// The brand of all jobs.
    pub(crate) fn brand(&self) -> BrandId {
        BrandId(self.brand)
    }

    /// What the command line works with.
    pub(crate) fn schedules(&self) -> Schedules {
        self.schedules_of(RulesOwner::Reconciler)
    }

    /// The same, with `owner` as the owner of the rules.
    pub(crate) fn schedules_of(&self, owner: RulesOwner) -> Schedules {
        Schedules {
            db: Database::from_pool(self.pool.clone()),
            cloud: Arc::new(self.cloud.client()),
            settings: Rules {
                owner,
                ..settings()
            },
            clock: self.clock.clone(),
        }
    }

    /// A recurring job, next due at six.
    pub(crate) async fn job(&self, cron: &str) -> JobId {
        let id = JobId::new();
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name,
                    schedule_type, cron_expression, next_run_at, parameters, created_at)
             select $1, organization_id, id, 'asset_download', 'Assets', 'recurring', $3, $4, $5, $6
               from brands where id = $2",
        )
        .bind(id.0)
        .bind(self.brand)
        .bind(cron)
        .bind(at("2026-11-20T06:00:00Z"))
        // Two recurring jobs of a brand and type must differ in their parameters.
        .bind(json!({"note": id}))
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("a job");
        id
    }

    /// A one-time job, due at `time`.
    pub(crate) async fn job_once(&self, time: &str) -> JobId {
        let id = JobId::new();
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name,
                    schedule_type, scheduled_at, next_run_at)
             select $1, organization_id, id, 'asset_download', 'Once', 'one_time', $3, $3
               from brands where id = $2",
        )
        .bind(id.0)
        .bind(self.brand)
        .bind(at(time))
        .execute(&self.pool)
        .await
        .expect("a job");
        id
    }

    /// Changes a job's row, as in `set status = 'paused'`.
    pub(crate) async fn edit(&self, id: JobId, set: &str) {
        sqlx::query(&format!("update scheduled_jobs {set} where id = $1"))
            .bind(id.0)
            .execute(&self.pool)
            .await
            .expect("an edit");
    }

    /// Gives a job another expression, as an edit through the API does.
    pub(crate) async fn reschedule(&self, id: JobId, cron: &str) {
        let db = Database::from_pool(self.pool.clone());
        let now = self.clock.now();
        let mut tx = db.begin().await.expect("a transaction");
        let opened = runtime::open(&mut tx, id, now).await.expect("an answer");
        let (locked, job) = opened.expect("the job");
        let timing = Timing {
            cron_expression: Some(cron.to_owned()),
            ..job.timing.clone()
        };
        let edited = Edited {
            name: &job.name,
            parameters: &job.parameters,
            timing: &timing,
            replan: timing
                .replan(&job.timing, job.next_run_at, now)
                .expect("a schedule"),
        };
        let author = Author { name: "Kim", now };
        let is_changed = runtime::edit(&mut tx, &locked, &edited, author).await;
        assert!(is_changed.expect("an edit"));
        tx.commit().await.expect("a commit");
    }

    /// A run of a job that waits since now.
    pub(crate) async fn pending_run(&self, job: JobId) -> RunId {
        let id = RunId::new();
        sqlx::query(
            "insert into scheduled_job_runs (id, scheduled_job_id, job_revision, origin,
                    scheduled_for, parameters, status, run_after)
             values ($1, $2, 1, 'manual', $3, '{}', 'pending', $3)",
        )
        .bind(id.0)
        .bind(job.0)
        .bind(self.clock.now())
        .execute(&self.pool)
        .await
        .expect("a run");
        id
    }

    /// A run at work whose lease ends in a minute.
    pub(crate) async fn running(&self, job: JobId) -> RunId {
        let id = self.pending_run(job).await;
        sqlx::query(
            "update scheduled_job_runs
                set status = 'running', started_at = $2, lease_token = gen_random_uuid(),
                    lease_expires_at = $3
              where id = $1",
        )
        .bind(id.0)
        .bind(self.clock.now())
        .bind(self.clock.now() + TimeDelta::minutes(1))
        .execute(&self.pool)
        .await
        .expect("a start");
        id
    }

    /// One column of a run, as text.
    pub(crate) async fn run(&self, id: RunId, column: &str) -> Option<String> {
        let query = format!("select {column}::text from scheduled_job_runs where id = $1");
        let row = sqlx::query(&query).bind(id.0).fetch_one(&self.pool).await;
        row.expect("a run").get(0)
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let row = sqlx::query(query).fetch_one(&self.pool).await;
        row.expect("a number").get(0)
    }

    pub(crate) async fn sweep(&self) -> Result<Report, Failures> {
        self.handle(Event::Sweep).await
    }

    pub(crate) async fn handle(&self, event: Event) -> Result<Report, Failures> {
        let deadline = self.clock.now() + INVOCATION;
        self.reconciler.handle(event, deadline).await
    }

    /// The rule of a job.
    pub(crate) fn rule(&self, job: JobId) -> Option<StandInRule> {
        self.cloud.rules().remove(&Self::rule_name(job))
    }

    pub(crate) fn rule_name(job: JobId) -> String {
        format!("sundial-asset_download-{}", reconciler::names::tail(job))
    }

    /// Names of the operations the cloud was asked for since the last look.
    pub(crate) fn operations(&self) -> Vec<String> {
        let calls = self.cloud.take_calls();
        calls.into_iter().map(|(operation, _)| operation).collect()
    }
}
