//! Rows of `scheduled_job_runs` and `scheduled_jobs`, as facts for an audit of fire times.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        JobId, JobStatus, OrganizationId, RunStatus,
        audit::{Attempt, Window},
        past::Firing,
        schedule::{GapPolicy, Period, RepeatPolicy},
    },
    store::Tx,
};

/// A row is written at or after its fire time, unless somebody asked ahead to leave it out, by clocks
/// that differ by less than this.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(5);

/// The columns of a job that decide which fire times it should have.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the columns of scheduled_jobs, described in the migration"
)]
pub struct JobFacts {
    pub id: JobId,
    pub organization_id: Option<OrganizationId>,
    pub status: JobStatus,
    pub cron_expression: Option<String>,
    pub scheduled_at: Option<DateTime<Utc>>,
    pub timezone: String,
    pub dst_gap_policy: GapPolicy,
    pub dst_repeat_policy: RepeatPolicy,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    pub revision: i32,
    pub created_at: DateTime<Utc>,
    /// The revision of the last verdict before the window.
    pub revision_before: Option<i32>,
}

impl JobFacts {
    /// When it fires.
    #[must_use]
    pub fn firing(&self) -> Firing {
        Firing {
            status: self.status,
            cron_expression: self.cron_expression.clone(),
            scheduled_at: self.scheduled_at,
            timezone: self.timezone.clone(),
            dst_gap_policy: self.dst_gap_policy,
            dst_repeat_policy: self.dst_repeat_policy,
            period: Period {
                starts_at: self.starts_at,
                ends_at: self.ends_at,
            },
        }
    }
}

/// Jobs that are scheduled, were changed since the start of `window`, or have a fire time with a row
/// in it; or the one job `only`. In order of their ids, at most `limit` of those after `after`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn jobs(
    tx: &mut Tx,
    window: Window,
    only: Option<JobId>,
    after: Option<JobId>,
    limit: i64,
) -> sqlx::Result<Vec<JobFacts>> {
    sqlx::query_as!(
        JobFacts,
        r#"
        select j.id as "id: JobId", j.organization_id as "organization_id: OrganizationId", j.status as "status: JobStatus",
               j.cron_expression, j.scheduled_at, j.timezone,
               j.dst_gap_policy as "dst_gap_policy: GapPolicy",
               j.dst_repeat_policy as "dst_repeat_policy: RepeatPolicy",
               j.starts_at, j.ends_at,
               j.next_run_at, j.revision, j.created_at,
               before.job_revision as "revision_before?"
          from scheduled_jobs j
          left join lateral (
               select r.job_revision
                 from scheduled_job_runs r
                where r.scheduled_job_id = j.id and r.origin = 'tick' and r.attempt_number = 1
                  and r.scheduled_for < $1
                order by r.scheduled_for desc
                limit 1) before on true
         where (j.id = $4
                or $4::uuid is null
                   and (j.next_run_at is not null
                        or j.id in (select c.scheduled_job_id
                                      from scheduled_job_changes c
                                     where c.changed_at >= $1)
                        or j.id in (select r.scheduled_job_id
                                      from scheduled_job_runs r
                                     where r.origin = 'tick'
                                       and (r.created_at >= $3 or r.reason = 'requested')
                                       and r.scheduled_for >= $1 and r.scheduled_for < $2)))
           and ($5::uuid is null or j.id > $5)
         order by j.id
         limit $6
        "#,
        window.since,
        window.until,
        window.since - CLOCKS_DIFFER_MAX,
        only.map(|id| id.0),
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Attempts at the fire times in `window` of the jobs from `first` to `last`, in the order of job,
/// fire time and attempt, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn attempts(
    tx: &mut Tx,
    window: Window,
    (first, last): (JobId, JobId),
    limit: i64,
) -> sqlx::Result<Vec<(JobId, Attempt)>> {
    let rows = sqlx::query!(
        r#"
        select scheduled_job_id as "job_id: JobId", scheduled_for, attempt_number, job_revision,
               status as "status: RunStatus", reason, started_at,
               retry_run_id is not null as "is_retried!", duplicates
          from scheduled_job_runs
         where origin = 'tick' and (created_at >= $5 or reason = 'requested')
           and scheduled_for >= $1 and scheduled_for < $2
           and scheduled_job_id between $3 and $4
         order by scheduled_job_id, scheduled_for, attempt_number
         limit $6
        "#,
        window.since,
        window.until,
        first.0,
        last.0,
        window.since - CLOCKS_DIFFER_MAX,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let attempts = rows.into_iter().map(|row| {
        let attempt = Attempt {
            scheduled_for: row.scheduled_for,
            attempt_number: row.attempt_number,
            job_revision: row.job_revision,
            status: row.status,
            reason: row.reason,
            started_at: row.started_at,
            is_retried: row.is_retried,
            duplicates: u64::try_from(row.duplicates).unwrap_or(0),
        };
        (row.job_id, attempt)
    });
    Ok(attempts.collect())
}
