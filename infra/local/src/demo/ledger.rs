//! What the demo reads back from the ledger, and how it waits for it.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{PgConnection, types::Json};
use tokio::time::Instant;
use uuid::Uuid;

use super::progress::Progress;

/// How often the ledger is looked at while waiting.
const POLL: Duration = Duration::from_millis(200);

/// How long one run may take. The default media take a second, a folder of somebody's own may hold
/// gigabytes.
const RUN_WAIT: Duration = Duration::from_secs(600);

/// One row of `scheduled_job_runs`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Run {
    pub(super) id: Uuid,
    pub(super) status: String,
    /// The fire time; otherwise when it was asked for.
    pub(super) scheduled_for: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) completed_at: Option<DateTime<Utc>>,
    pub(super) attempt_number: i32,
    progress_done: Option<i64>,
    progress_total: Option<i64>,
    progress_unit: Option<String>,
    metadata: Json<Map<String, Value>>,
    pub(super) warnings: Vec<String>,
    pub(super) error_message: Option<String>,
}

impl Run {
    /// What the handler counted: the numbers of the metadata, wherever they are in it.
    pub(super) fn counts(&self) -> Vec<(String, i64)> {
        let inner = self.metadata.get("counts").and_then(Value::as_object);
        inner
            .unwrap_or(&self.metadata)
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_i64()?)))
            .collect()
    }

    /// One of these counts; 0 when the handler has not told it.
    pub(super) fn count(&self, name: &str) -> i64 {
        let counts = self.counts();
        let count = counts.iter().find(|(it, _)| it == name);
        count.map_or(0, |(_, count)| *count)
    }

    fn is_over(&self) -> bool {
        self.completed_at.is_some()
    }

    fn doing(&self) -> String {
        match (self.progress_done, self.progress_total) {
            (Some(done), Some(total)) => {
                let unit = self.progress_unit.as_deref().unwrap_or("items");
                format!("{}: {done} of {total} {unit}", self.status)
            }
            _ => self.status.clone(),
        }
    }
}

/// The columns of [`Run`].
const COLUMNS: &str = "id, status, scheduled_for, started_at, completed_at, attempt_number, \
     progress_done, progress_total, progress_unit, metadata, warnings, error_message";

/// The first run that the clock made of this job.
pub(super) async fn tick(db: &mut PgConnection, job: Uuid) -> sqlx::Result<Option<Run>> {
    let query = format!(
        "select {COLUMNS} from scheduled_job_runs
          where scheduled_job_id = $1 and origin = 'tick' order by created_at limit 1"
    );
    sqlx::query_as(&query).bind(job).fetch_optional(db).await
}

/// The run of this type that another run has wished for. It is made when the other one completes.
pub(super) async fn follow_up(
    db: &mut PgConnection,
    parent: Uuid,
    job_type: &str,
) -> sqlx::Result<Option<Run>> {
    let query = format!(
        "select {COLUMNS} from scheduled_job_runs
          where parent_run_id = $1 and origin = 'follow_up'
            and scheduled_job_id in (select id from scheduled_jobs where job_type = $2)"
    );
    let query = sqlx::query_as(&query).bind(parent).bind(job_type);
    query.fetch_optional(db).await
}

async fn by_id(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Run>> {
    let query = format!("select {COLUMNS} from scheduled_job_runs where id = $1");
    sqlx::query_as(&query).bind(id).fetch_optional(db).await
}

/// Waits until the run has ended, showing how far it is.
pub(super) async fn ended(
    db: &mut PgConnection,
    id: Uuid,
    job_type: &str,
    progress: &mut Progress,
) -> anyhow::Result<Run> {
    let give_up = Instant::now() + RUN_WAIT;
    loop {
        let run = by_id(db, id).await?.context("the run's row is gone")?;
        if run.is_over() {
            return Ok(run);
        }
        anyhow::ensure!(
            Instant::now() < give_up,
            "{job_type} run {id} has not ended within {} s, it is {}",
            RUN_WAIT.as_secs(),
            run.doing()
        );
        progress.show(&format!("{job_type} is {}", run.doing()))?;
        tokio::time::sleep(POLL).await;
    }
}

/// Waits for the run that the clock makes at `fire`.
pub(super) async fn fired(
    db: &mut PgConnection,
    job: Uuid,
    fire: DateTime<Utc>,
    now: impl Fn() -> DateTime<Utc>,
    progress: &mut Progress,
) -> anyhow::Result<Run> {
    /// A tick that is later than this is lost; the reconciler would account for it.
    const LATE_MAX: chrono::TimeDelta = chrono::TimeDelta::seconds(20);
    loop {
        if let Some(run) = tick(db, job).await? {
            return Ok(run);
        }
        let left = fire - now();
        anyhow::ensure!(
            left > -LATE_MAX,
            "the clock should have fired at {fire}, and the ledger has no run of it"
        );
        progress.show(&format!(
            "waiting for the clock, {} s left",
            left.num_seconds().max(0)
        ))?;
        tokio::time::sleep(POLL).await;
    }
}
