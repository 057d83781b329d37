//! What belongs to a run: the other attempts, and the runs before and after it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{JobId, JobType, RunId, RunStatus},
    store::Tx,
};

/// How far a chain is followed. One of ours has three links.
const LINKS_MAX: i32 = 10;

/// A run, as a link of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// How many links below the run asked for; negative above.
    pub depth: i32,
    /// The run.
    pub id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// That job's name.
    pub job_name: String,
    /// What it does.
    pub job_type: JobType,
    /// 1 for the first attempt.
    pub attempt_number: i32,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it was skipped, or what it waits for.
    pub reason: Option<String>,
    /// Not before this moment.
    pub run_after: DateTime<Utc>,
    /// When its handler began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
    /// How it failed.
    pub error_message: Option<String>,
}

/// All attempts of what `run` is an attempt of, each of which names the next, in their order. At most
/// `limit` before it, and as many after it.
///
/// # Errors
/// When the database does not answer.
pub async fn attempts(tx: &mut Tx, run: RunId, limit: i32) -> sqlx::Result<Vec<Link>> {
    sqlx::query_as!(
        Link,
        r#"
        with recursive earlier as (
            select $1::uuid as id, 0 as steps
            union all
            select p.id, earlier.steps + 1
              from earlier
              join scheduled_job_runs p on p.retry_run_id = earlier.id
             where earlier.steps < $2::int),
        later as (
            select $1::uuid as id, 0 as steps
            union all
            select r.retry_run_id, later.steps + 1
              from later
              join scheduled_job_runs r on r.id = later.id
             where r.retry_run_id is not null and later.steps < $2::int)
        select 0 as "depth!", r.id as "id: RunId", r.scheduled_job_id as "job_id: JobId",
               j.name as job_name, j.job_type as "job_type: JobType", r.attempt_number,
               r.status as "status: RunStatus", r.reason, r.run_after, r.started_at,
               r.completed_at, r.error_message
          from (select id from earlier union select id from later) attempt
          join scheduled_job_runs r on r.id = attempt.id
          join scheduled_jobs j on j.id = r.scheduled_job_id
         order by r.attempt_number, r.created_at
        "#,
        run as RunId,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The runs that led to `run` by wishing for one another, the first one first, and those it led to, at
/// most `limit`. Without `run` itself.
///
/// # Errors
/// When the database does not answer.
pub async fn links(tx: &mut Tx, run: RunId, limit: i64) -> sqlx::Result<Vec<Link>> {
    sqlx::query_as!(
        Link,
        r#"
        with recursive above as (
            select p.id, p.parent_run_id, -1 as depth
              from scheduled_job_runs one
              join scheduled_job_runs p on p.id = one.parent_run_id
             where one.id = $1
            union all
            select p.id, p.parent_run_id, above.depth - 1
              from above
              join scheduled_job_runs p on p.id = above.parent_run_id
             where above.depth > -($2::int)),
        below as (
            select c.id, 1 as depth
              from scheduled_job_runs c
             where c.parent_run_id = $1
            union all
            select c.id, below.depth + 1
              from below
              join scheduled_job_runs c on c.parent_run_id = below.id
             where below.depth < $2::int)
        select link.depth as "depth!", r.id as "id: RunId", r.scheduled_job_id as "job_id: JobId",
               j.name as job_name, j.job_type as "job_type: JobType", r.attempt_number,
               r.status as "status: RunStatus", r.reason, r.run_after, r.started_at,
               r.completed_at, r.error_message
          from (select id, depth from above union all select id, depth from below) link
          join scheduled_job_runs r on r.id = link.id
          join scheduled_jobs j on j.id = r.scheduled_job_id
         order by link.depth, r.created_at
         limit $3
        "#,
        run as RunId,
        LINKS_MAX,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
