//! Jobs page by page, with how their last run went, and those that are due soon.

use chrono::{DateTime, Utc};

use super::{Job, read};
use crate::{
    domain::{
        BrandId, JobId, JobStatus, JobType, OrganizationId, ProductId, RunId, RunStatus,
        timing::ScheduleType,
    },
    store::Tx,
};

/// Which jobs to list. `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Of this brand.
    pub brand_id: Option<BrandId>,
    /// Of no brand.
    pub is_platform: bool,
    /// Of this product.
    pub product_id: Option<ProductId>,
    /// Of this type.
    pub job_type: Option<JobType>,
    /// In one of these states.
    pub statuses: Vec<JobStatus>,
    /// One-time or recurring.
    pub schedule_type: Option<ScheduleType>,
    /// With a run at work.
    pub is_running: bool,
    /// With this in the name, in whatever case; or with this id.
    pub text: Option<String>,
    /// What comes after this job in the list.
    pub after: Option<Place>,
}

/// A job's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: JobId,
}

/// At most `limit` jobs of every brand that pass `search`, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of_all_brands(
    tx: &mut Tx,
    search: &Search,
    limit: i64,
) -> sqlx::Result<Vec<Job>> {
    let statuses: Vec<_> = search
        .statuses
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id: JobId"
          from scheduled_jobs
         where ($1::uuid is null or brand_id = $1)
           and ($2::text is null or job_type = $2)
           and status = any($3)
           and ($4::text is null or strpos(lower(name), lower($4)) > 0 or id::text = lower($4))
           and ($5::timestamptz is null or (created_at, id) < ($5, $6))
           and ($8::uuid is null or product_id = $8)
           and (not $10 or brand_id is null)
           and ($11::text is null or schedule_type = $11)
           and (not $9 or id in (select scheduled_job_id from scheduled_job_runs where status = 'running'))
         order by created_at desc, id desc
         limit $7
        "#,
        search.brand_id as Option<BrandId>,
        search.job_type.map(JobType::name),
        &statuses,
        search.text,
        search.after.map(|place| place.created_at),
        search.after.map(|place| place.id) as Option<JobId>,
        limit,
        search.product_id as Option<ProductId>,
        search.is_running,
        search.is_platform,
        search.schedule_type.map(ScheduleType::name),
    )
    .fetch_all(&mut **tx)
    .await?;
    read::with_ids(tx, &ids).await
}

/// What people call a job, and where it stands.
#[derive(Clone, Debug)]
pub struct Named {
    /// The job.
    pub id: JobId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: JobStatus,
    /// An IANA name.
    pub timezone: String,
}

/// Those of `jobs` that are there, newest first; with `organization`, those of it.
///
/// # Errors
/// When the database does not answer.
pub async fn named(
    tx: &mut Tx,
    jobs: &[JobId],
    organization: Option<OrganizationId>,
) -> sqlx::Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        r#"
        select id as "id: JobId", name, status as "status: JobStatus", timezone
          from scheduled_jobs
         where id = any($1)
           and ($2::uuid is null or organization_id = $2)
         order by created_at desc, id desc
        "#,
        jobs as &[JobId],
        organization as Option<OrganizationId>,
    )
    .fetch_all(&mut **tx)
    .await
}

/// A run of a job that waits for nothing any more.
#[derive(Clone, Debug)]
pub struct RecentRun {
    /// The job.
    pub job_id: JobId,
    /// The run.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// Whether another attempt follows.
    pub is_retried: bool,
    /// Whether its failure needs no more care.
    pub is_acknowledged: bool,
    /// The nominal fire time, or the time of the request.
    pub scheduled_for: DateTime<Utc>,
    /// When its handler began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
}

/// The newest `limit` runs of each of `jobs` that wait for nothing any more, the newest first; and those at work, however
/// old, since skipped ones may have come after them.
///
/// # Errors
/// When the database does not answer.
pub async fn recent_runs(tx: &mut Tx, jobs: &[JobId], limit: i64) -> sqlx::Result<Vec<RecentRun>> {
    // Those at work are few, and read by their own index; looked for by job, all runs of a job would be read.
    sqlx::query_as!(
        RecentRun,
        r#"
        with at_work as materialized (
            select id, scheduled_job_id, status, reason, retry_run_id, acknowledged_at,
                   scheduled_for, started_at, completed_at, created_at
              from scheduled_job_runs
             where status = 'running')
        select r.scheduled_job_id as "job_id!: JobId", r.id as "id!: RunId",
               r.status as "status!: RunStatus", r.reason,
               r.retry_run_id is not null as "is_retried!",
               r.acknowledged_at is not null as "is_acknowledged!",
               r.scheduled_for as "scheduled_for!", r.started_at, r.completed_at
          from (select newest.*
                  from unnest($1::uuid[]) as job (id)
                 cross join lateral (
                       select r.id, r.scheduled_job_id, r.status, r.reason, r.retry_run_id,
                              r.acknowledged_at, r.scheduled_for, r.started_at, r.completed_at,
                              r.created_at
                         from scheduled_job_runs r
                        where r.scheduled_job_id = job.id and r.status <> 'pending'
                        order by r.created_at desc
                        limit $2) newest
                 union
                select * from at_work where scheduled_job_id = any($1)) r
         order by r.created_at desc, r.id
        "#,
        jobs as &[JobId],
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Active jobs of every brand that fire before `until`, soonest first, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn due_before_of_all_brands(
    tx: &mut Tx,
    until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Job>> {
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id: JobId"
          from scheduled_jobs
         where status = 'active' and next_run_at < $1
         order by next_run_at, id
         limit $2
        "#,
        until,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut jobs = read::with_ids(tx, &ids).await?;
    jobs.sort_by_key(|job| (job.next_run_at, job.id));
    Ok(jobs)
}

/// Whether more than `count` jobs have a next fire time.
///
/// # Errors
/// When the database does not answer.
pub async fn are_more_than(tx: &mut Tx, count: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from scheduled_jobs where status in ('active', 'paused') order by next_run_at offset $1) as "more!""#,
        count,
    )
    .fetch_one(&mut **tx)
    .await
}
