//! Runs, for people.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::newest;
use crate::{
    domain::{BrandId, ErrorKind, JobId, JobType, Origin, RunId, RunStatus},
    store::Tx,
};

/// A run as people see it. Its lease is nobody's business.
#[derive(Clone, Debug)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// That job's name.
    pub job_name: String,
    /// What it does.
    pub job_type: JobType,
    /// Whose data it works on; `None` for the platform's.
    pub brand_id: Option<BrandId>,
    /// Whether the job was put away for good: its runs are not retried.
    pub is_job_archived: bool,
    /// The edit of the job it was made by.
    pub job_revision: i32,
    /// Who wanted it.
    pub origin: Origin,
    /// Who asked for it, when somebody did.
    pub requested_by: Option<String>,
    /// The nominal fire time, or the time of the request.
    pub scheduled_for: DateTime<Utc>,
    /// 1 for the first attempt.
    pub attempt_number: i32,
    /// 1 until it is continued in another invocation.
    pub segment: i32,
    /// How often the other side asked it to wait.
    pub snoozes: i32,
    /// What it received.
    pub parameters: Value,
    /// Where it stands. Changed by claims, settles, the reconciler and people who cancel.
    pub status: RunStatus,
    /// Why it was skipped, or what it waits for.
    pub reason: Option<String>,
    /// Not before this moment.
    pub run_after: DateTime<Utc>,
    /// When its handler began first.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended, in whatever way.
    pub completed_at: Option<DateTime<Utc>>,
    /// When somebody asked it to stop.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Who did; `None` also for what was asked before this was noted.
    pub cancel_requested_by: Option<String>,
    /// Units done so far.
    pub progress_done: Option<i64>,
    /// Units to do in all, when known.
    pub progress_total: Option<i64>,
    /// What is counted, as in "files".
    pub progress_unit: Option<String>,
    /// Counts by name, and what else the handler reported.
    pub metadata: Value,
    /// What went wrong without making it a failure.
    pub warnings: Vec<String>,
    /// What failed.
    pub error_kind: Option<ErrorKind>,
    /// How it failed, for people.
    pub error_message: Option<String>,
    /// The next attempt.
    pub retry_run_id: Option<RunId>,
    /// The run that wished for this one.
    pub parent_run_id: Option<RunId>,
    /// When somebody said that this failure needs no more care.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who said so.
    pub acknowledged_by: Option<String>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

/// Which runs to list. `None` does not restrict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of this brand's jobs.
    pub brand_id: Option<BrandId>,
    /// Of jobs of no brand.
    pub is_platform: bool,
    /// Of this type's jobs.
    pub job_type: Option<JobType>,
    /// In this state.
    pub status: Option<RunStatus>,
    /// With a nominal time at or after this.
    pub since: Option<DateTime<Utc>>,
    /// With a nominal time before this.
    pub until: Option<DateTime<Utc>>,
    /// What comes after the run that was made then, with this id.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// The run, or `None` when there is none with this id.
///
/// # Errors
/// When the database does not answer.
pub async fn get(tx: &mut Tx, id: RunId) -> sqlx::Result<Option<RunView>> {
    Ok(with_ids(tx, &[id]).await?.pop())
}

/// At most `limit` runs of every brand that pass `filter`, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of_all_brands(
    tx: &mut Tx,
    filter: Filter,
    limit: i64,
) -> sqlx::Result<Vec<RunView>> {
    let ids = newest::ids(tx, filter, limit).await?;
    with_ids(tx, &ids).await
}

/// The runs with these ids, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn with_ids(tx: &mut Tx, ids: &[RunId]) -> sqlx::Result<Vec<RunView>> {
    sqlx::query_as!(
        RunView,
        r#"
        select r.id as "id: RunId",
               r.scheduled_job_id as "job_id: JobId",
               j.name as job_name,
               j.job_type as "job_type: JobType",
               j.brand_id as "brand_id: BrandId",
               j.status = 'archived' as "is_job_archived!",
               r.job_revision,
               r.origin as "origin: Origin",
               r.requested_by,
               r.scheduled_for,
               r.attempt_number,
               r.segment,
               r.snoozes,
               r.parameters,
               r.status as "status: RunStatus",
               r.reason,
               r.run_after,
               r.started_at,
               r.completed_at,
               r.cancel_requested_at,
               r.cancel_requested_by,
               r.progress_done,
               r.progress_total,
               r.progress_unit,
               r.metadata,
               r.warnings,
               r.error_kind as "error_kind: ErrorKind",
               r.error_message,
               r.retry_run_id as "retry_run_id: RunId",
               r.parent_run_id as "parent_run_id: RunId",
               r.acknowledged_at,
               r.acknowledged_by,
               r.created_at
          from scheduled_job_runs r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         where r.id = any($1)
         order by r.created_at desc, r.id desc
        "#,
        ids as &[RunId],
    )
    .fetch_all(&mut **tx)
    .await
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Grows from line to line; ask for what comes after it.
    pub id: i64,
    /// The run's segment that wrote it.
    pub segment: i32,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What happened.
    pub message: String,
}

/// At most `limit` lines of a run's log after the line `after`, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn logs(tx: &mut Tx, id: RunId, after: i64, limit: i64) -> sqlx::Result<Vec<LogLine>> {
    sqlx::query_as!(
        LogLine,
        r#"
        select id, segment, at, level, message
          from run_logs
         where run_id = $1
           and id > $2
         order by id
         limit $3
        "#,
        id as RunId,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
