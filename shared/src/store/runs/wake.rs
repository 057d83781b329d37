//! Rows of `scheduled_job_runs` that wait for what another run's end sets free.

use chrono::{DateTime, Utc};

use super::DueRun;
use crate::{
    domain::{JobId, RunId},
    store::{Tx, jobs::ledger::LockedJob},
};

/// Pending runs that the end of a run of `job` may let through: one of the same job, one of the
/// same type, one of the same brand, each the oldest that finds a slot now. They count as not sent
/// from now on: the caller sends them after the commit, or the reconciler with its next sweep. A
/// run of a type that this program does not know yet is left to the reconciler.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn wake(tx: &mut Tx, job: &LockedJob, now: DateTime<Utc>) -> sqlx::Result<Vec<DueRun>> {
    let rows = sqlx::query_as!(
        Woken,
        r#"
        with slots as materialized (
            select j.job_type, j.brand_id, count(*) as taken
              from scheduled_job_runs r
              join scheduled_jobs j on j.id = r.scheduled_job_id
             where r.status = 'running' and r.lease_expires_at > $4
             group by j.job_type, j.brand_id),
        capped as materialized (
            select r.id, r.run_after, j.job_type, j.brand_id
              from scheduled_job_runs r
              join scheduled_jobs j on j.id = r.scheduled_job_id
              join job_types t on t.name = j.job_type
              left join brands b on b.id = j.brand_id
             where r.status = 'pending' and r.reason = 'capped' and r.run_after <= $4
               and (j.job_type = $2 or j.brand_id = $3)
               and (t.running_max is null or t.running_max > coalesce(
                       (select sum(taken) from slots s where s.job_type = j.job_type), 0))
               and (t.running_per_brand_max is null or t.running_per_brand_max > coalesce(
                       (select sum(taken) from slots s where s.job_type = j.job_type
                           and s.brand_id is not distinct from j.brand_id), 0))
               and (b.running_max is null or b.running_max > coalesce(
                       (select sum(taken) from slots s where s.brand_id = j.brand_id), 0))),
        waiting as (
            (select r.id from scheduled_job_runs r
              where r.scheduled_job_id = $1 and r.status = 'pending' and r.reason = 'overlap'
                and r.run_after <= $4 order by r.scheduled_for limit 1)
            union
            (select id from capped where job_type = $2 order by run_after, id limit 1)
            union
            (select id from capped where brand_id = $3 order by run_after, id limit 1)),
        locked as (
            select id from scheduled_job_runs
             where id in (select id from waiting) and status = 'pending' for no key update skip locked)
        update scheduled_job_runs r
           set sent_at = null
          from locked, scheduled_jobs j
         where r.id = locked.id and j.id = r.scheduled_job_id
        returning r.id as "id: RunId", j.id as "job_id: JobId", j.job_type
        "#,
        job.id.0,
        job.job_type.name(),
        job.brand_id.map(|brand| brand.0),
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().filter_map(Woken::due).collect())
}

/// A run that may start. Its type is text: this program may not know it yet.
struct Woken {
    id: RunId,
    job_id: JobId,
    job_type: String,
}

impl Woken {
    fn due(self) -> Option<DueRun> {
        let job_type = self.job_type.parse().ok()?;
        Some(DueRun {
            id: self.id,
            job_id: self.job_id,
            job_type,
        })
    }
}

/// Whether a run of a job waits or works.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn has_more(tx: &mut Tx, id: JobId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from scheduled_job_runs r
                        where r.scheduled_job_id = $1 and r.status in ('pending', 'running'))
                   as "has_more!"
        "#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await
}
