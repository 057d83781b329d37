//! Rows of `scheduled_job_runs`, counted by their nominal time and how they stand.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{BrandId, JobId, RunStatus},
    store::{Scope, Tx, jobs::Owners},
};

/// A row is written at or after its nominal time, unless somebody asked ahead to leave it out, by clocks that differ by
/// less than this.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(5);

/// What is counted. `None` does not restrict.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    /// From this nominal time on.
    pub since: DateTime<Utc>,
    /// Before this one.
    pub until: DateTime<Utc>,
    /// Of this job.
    pub job_id: Option<JobId>,
    /// Of jobs of these.
    pub owners: Owners,
    /// Attempts that are counted.
    pub most: i64,
}

/// Attempts of a quarter of an hour that stand in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// When the quarter begins; zones differ by whole ones.
    pub at: DateTime<Utc>,
    /// Where they stand.
    pub status: RunStatus,
    /// How many; each attempt of a fire time counts.
    pub runs: i64,
}

/// Counts attempts, in the order of their times.
///
/// # Errors
/// When the database does not answer.
pub async fn of_all_brands(tx: &mut Tx, it: Counting) -> sqlx::Result<Vec<Verdicts>> {
    let is_of_all = it.job_id.is_none() && it.owners == Owners::default();
    if is_of_all && tx.scope() == Scope::Installation {
        return of_every_job(tx, it).await;
    }
    of_some(tx, it).await
}

async fn of_every_job(tx: &mut Tx, it: Counting) -> sqlx::Result<Vec<Verdicts>> {
    sqlx::query_as!(
        Verdicts,
        r#"
        select date_bin('15 minutes', scheduled_for, '2000-01-01 00:00:00+00') as "at!",
               status as "status!: RunStatus", count(*) as "runs!"
          from (select r.scheduled_for, r.status
                  from scheduled_job_runs r
                 where r.scheduled_for >= $1 and r.scheduled_for < $2
                 limit $3) counted
         group by 1, 2
         order by 1, 2
        "#,
        it.since,
        it.until,
        it.most,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Those of a job, of a brand's jobs, of the platform's or of an organization's, by the index of a job's runs: others' are not looked at.
async fn of_some(tx: &mut Tx, it: Counting) -> sqlx::Result<Vec<Verdicts>> {
    sqlx::query_as!(
        Verdicts,
        r#"
        select date_bin('15 minutes', scheduled_for, '2000-01-01 00:00:00+00') as "at!",
               status as "status!: RunStatus", count(*) as "runs!"
          from (select r.scheduled_for, r.status
                  from scheduled_jobs j
                 cross join lateral (
                       select r.scheduled_for, r.status
                         from scheduled_job_runs r
                        where r.scheduled_job_id = j.id and r.created_at >= $3
                          and r.scheduled_for >= $1 and r.scheduled_for < $2
                       union all
                       select r.scheduled_for, r.status
                         from scheduled_job_runs r
                        where r.scheduled_job_id = j.id and r.created_at < $3 and r.reason = 'requested'
                          and r.scheduled_for >= $1 and r.scheduled_for < $2) r
                 where ($4::uuid is null or j.id = $4) and ($5::uuid is null or j.brand_id = $5)
                   and (not $7 or j.brand_id is null)
                 limit $6) counted
         group by 1, 2
         order by 1, 2
        "#,
        it.since,
        it.until,
        it.since - CLOCKS_DIFFER_MAX,
        it.job_id as Option<JobId>,
        it.owners.brand_id as Option<BrandId>,
        it.most,
        it.owners.is_platform,
    )
    .fetch_all(&mut **tx)
    .await
}
