//! Rows of `scheduled_jobs`, as the ledger moves them: locked, advanced, ended.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    domain::{
        BrandId, JobId, JobStatus, JobType, MisfirePolicy, OrganizationId, OverlapPolicy,
        misfire::Misfire,
        schedule::{GapPolicy, Period, RepeatPolicy, Schedule, ScheduleError},
    },
    store::{Tx, runs::wake},
};

/// A job, locked against every other claim, edit and ending until the transaction ends.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the columns of scheduled_jobs, described in the migration"
)]
pub struct LockedJob {
    pub id: JobId,
    pub job_type: JobType,
    pub organization_id: Option<OrganizationId>,
    pub brand_id: Option<BrandId>,
    pub parameters: Value,
    pub cron_expression: Option<String>,
    pub timezone: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub dst_gap_policy: GapPolicy,
    pub dst_repeat_policy: RepeatPolicy,
    pub overlap_policy: OverlapPolicy,
    pub misfire_policy: MisfirePolicy,
    pub misfire_limit: i32,
    pub misfire_window_seconds: i32,
    pub max_retries: i32,
    pub status: JobStatus,
    pub paused_until: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    pub max_runs: Option<i32>,
    pub runs_completed: i32,
    pub revision: i32,
    pub is_archived_when_done: bool,
    /// Whether its type limits how many runs work at the same time.
    pub is_limited: bool,
    /// Whether its brand limits how many runs work at the same time, of whatever type.
    pub is_brand_limited: bool,
    /// Whether a run of it has failed since the last success.
    pub has_failed: bool,
    pub dataset_key: Option<String>,
}

impl LockedJob {
    /// The schedule; `None` for a one-time job.
    ///
    /// # Errors
    /// [`ScheduleError`] when the row was written past the API.
    pub fn schedule(&self) -> Result<Option<Schedule>, ScheduleError> {
        let period = Period {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        };
        self.cron_expression
            .as_deref()
            .map(|cron| {
                Schedule::parse(
                    cron,
                    &self.timezone,
                    self.dst_gap_policy,
                    self.dst_repeat_policy,
                )
                .map(|schedule| schedule.within(period))
            })
            .transpose()
    }

    /// The `misfire_*` columns.
    #[must_use]
    pub fn misfire(&self) -> Misfire {
        Misfire {
            policy: self.misfire_policy,
            limit: usize::try_from(self.misfire_limit).unwrap_or(1),
            window: TimeDelta::seconds(self.misfire_window_seconds.into()),
        }
    }

    /// Whether its runs exclude each other.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.overlap_policy != OverlapPolicy::Allow
    }
}

/// Locks a job. Whoever changes a job or one of its runs locks the job first, so that two of them
/// never wait for each other. `None`: there is no such job.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn lock(tx: &mut Tx, id: JobId) -> sqlx::Result<Option<LockedJob>> {
    sqlx::query_as!(
        LockedJob,
        r#"
        select j.id as "id: JobId", j.job_type as "job_type: JobType",
               j.organization_id as "organization_id: OrganizationId",
               j.brand_id as "brand_id: BrandId", j.parameters, j.cron_expression, j.timezone,
               j.starts_at, j.ends_at,
               j.dst_gap_policy as "dst_gap_policy: GapPolicy",
               j.dst_repeat_policy as "dst_repeat_policy: RepeatPolicy",
               j.overlap_policy as "overlap_policy: OverlapPolicy",
               j.misfire_policy as "misfire_policy: MisfirePolicy",
               j.misfire_limit, j.misfire_window_seconds, j.max_retries,
               j.status as "status: JobStatus", j.paused_until, j.next_run_at, j.max_runs,
               j.runs_completed,
               j.revision,
               (j.schedule_type = 'one_time' and j.trigger_source = 'manual')
                   as "is_archived_when_done!",
               (t.running_max is not null or t.running_per_brand_max is not null)
                   as "is_limited!",
               (b.running_max is not null) as "is_brand_limited!",
               (j.last_error is not null) as "has_failed!",
               t.dataset_key
          from scheduled_jobs j
          join job_types t on t.name = j.job_type
          left join brands b on b.id = j.brand_id
         where j.id = $1
           for no key update of j
        "#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Moves the watermark of a locked job from `from` to `next`, and ends a recurring job that has no
/// next time. A one-time job without a next time stays active until its run ends.
///
/// `false`: the watermark was no longer at `from`; somebody else gave the verdict.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn advance(
    tx: &mut Tx,
    id: JobId,
    from: DateTime<Utc>,
    next: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update scheduled_jobs
           set next_run_at = $3,
               status = case when $3::timestamptz is null and schedule_type = 'recurring'
                             then 'completed' else status end,
               pause_reason = case when $3::timestamptz is null and schedule_type = 'recurring'
                                   then null else pause_reason end,
               paused_until = case when $3::timestamptz is null and schedule_type = 'recurring'
                                   then null else paused_until end
         where id = $1 and next_run_at = $2
        "#,
        id.0,
        from,
        next,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a success, and tells whether it was the job's last. A recurring job ends when it has
/// reached `max_runs`, a one-time job when its time has come and nothing waits or works any more: a
/// run on demand leaves the job its own moment.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn count_success(tx: &mut Tx, job: &LockedJob) -> sqlx::Result<bool> {
    let has_reached = |most| job.runs_completed + 1 >= most;
    let is_last = match job.cron_expression {
        Some(_) => job.max_runs.is_some_and(has_reached),
        None => job.next_run_at.is_none() && !wake::has_more(tx, job.id).await?,
    };
    sqlx::query!(
        r#"
        update scheduled_jobs
           set runs_completed = runs_completed + 1,
               last_error = null,
               status = case when not $2 or status = 'archived' then status
                             when $3 then 'archived' else 'completed' end,
               next_run_at = case when $2 then null else next_run_at end,
               pause_reason = case when $2 then null else pause_reason end,
               paused_until = case when $2 then null else paused_until end
         where id = $1
        "#,
        job.id.0,
        is_last,
        job.is_archived_when_done,
    )
    .execute(&mut **tx)
    .await?;
    Ok(is_last)
}

/// Keeps the newest error where lists show it. A one-time job without another attempt ends.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn note_failure(
    tx: &mut Tx,
    id: JobId,
    error: &str,
    is_last_attempt: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_jobs
           set last_error = $2,
               status = case when $3 and schedule_type = 'one_time' and next_run_at is null
                                  and status <> 'archived'
                             then 'completed' else status end,
               pause_reason = case when $3 and schedule_type = 'one_time' and next_run_at is null
                                   then null else pause_reason end,
               paused_until = case when $3 and schedule_type = 'one_time' and next_run_at is null
                                   then null else paused_until end
         where id = $1
        "#,
        id.0,
        error,
        is_last_attempt,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends a one-time job that will not run: skipped or cancelled.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn end_one_time(tx: &mut Tx, id: JobId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scheduled_jobs
           set status = 'completed', pause_reason = null, paused_until = null
         where id = $1 and schedule_type = 'one_time' and next_run_at is null
           and status in ('active', 'paused')
           and not exists (select from scheduled_job_runs r
                            where r.scheduled_job_id = $1 and r.status in ('pending', 'running'))
        "#,
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stops a job whose schedule cannot be read; a person must mend it. The watermark stays.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pause_unreadable(tx: &mut Tx, id: JobId, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update scheduled_jobs
            set status = 'paused', pause_reason = $2, paused_until = null, last_error = $2
          where id = $1",
        id.0,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Jobs whose watermark is in the past by more than `grace`, since nobody delivered their tick, and
/// jobs whose pause is over. A paused one-time job is none of the former; its moment waits until
/// it is resumed. Oldest first, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn overdue(
    tx: &mut Tx,
    now: DateTime<Utc>,
    grace: TimeDelta,
    limit: i64,
) -> sqlx::Result<Vec<JobId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: JobId"
          from scheduled_jobs
         where (next_run_at < $1
                and (status = 'active' or status = 'paused' and schedule_type = 'recurring'))
            or paused_until <= $2
         order by next_run_at
         limit $3
        "#,
        now - grace,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
