//! Rows of `scheduled_job_runs`, as facts about one fire time of one job.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    domain::{ErrorKind, JobId, RunId, RunStatus},
    store::Tx,
};

/// One attempt at a fire time, with everything that explains it.
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "the columns of scheduled_job_runs, described in the migration"
)]
pub struct AttemptFacts {
    pub run_id: RunId,
    pub job_revision: i32,
    pub requested_by: Option<String>,
    pub attempt_number: i32,
    pub segment: i32,
    pub snoozes: i32,
    pub status: RunStatus,
    pub reason: Option<String>,
    pub run_after: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub lease_expires_at: Option<DateTime<Utc>>,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub error_kind: Option<ErrorKind>,
    pub error_message: Option<String>,
    pub retry_run_id: Option<RunId>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// The attempts at a fire time in their order, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn attempts(
    tx: &mut Tx,
    job_id: JobId,
    scheduled_for: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<AttemptFacts>> {
    sqlx::query_as!(
        AttemptFacts,
        r#"
        select id as "run_id: RunId", job_revision, requested_by, attempt_number, segment, snoozes,
               status as "status: RunStatus", reason, run_after, sent_at, started_at,
               completed_at, lease_expires_at, cancel_requested_at,
               error_kind as "error_kind: ErrorKind", error_message,
               retry_run_id as "retry_run_id: RunId", acknowledged_at, created_at
          from scheduled_job_runs
         where scheduled_job_id = $1 and scheduled_for = $2 and origin = 'tick'
         order by attempt_number
         limit $3
        "#,
        job_id.0,
        scheduled_for,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A run that was at work at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The run.
    pub run_id: RunId,
    /// Its nominal fire time, or the time of the request.
    pub scheduled_for: DateTime<Utc>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` while it is at work.
    pub completed_at: Option<DateTime<Utc>>,
}

/// The run of a job that excluded others `at` a moment, by what the rows tell today. A run that
/// waited between two segments then counts as well.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn holder(tx: &mut Tx, job_id: JobId, at: DateTime<Utc>) -> sqlx::Result<Option<Holder>> {
    sqlx::query_as!(
        Holder,
        r#"
        select id as "run_id: RunId", scheduled_for, started_at as "started_at!", completed_at
          from scheduled_job_runs
         where scheduled_job_id = $1 and is_exclusive and started_at <= $2
           and (completed_at is null or completed_at >= $2)
         order by started_at desc
         limit 1
        "#,
        job_id.0,
        at,
    )
    .fetch_optional(&mut **tx)
    .await
}
