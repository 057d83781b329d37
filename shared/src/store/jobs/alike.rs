//! Jobs that do the same for the same brand.

use serde_json::Value;

use crate::{
    domain::{BrandId, JobId, JobStatus, JobType, RunId, RunStatus},
    store::{Tx, runs::request::Requested},
};

/// A one-time job.
#[derive(Clone, Debug)]
pub struct Alike {
    /// Which one.
    pub job_id: JobId,
    /// How many there are of them.
    pub count: i64,
    /// Its run, if that waits or is at work.
    pub unfinished: Option<Requested>,
}

/// The newest one-time job that does this.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn newest_once(
    tx: &mut Tx,
    job_type: JobType,
    brand: Option<BrandId>,
    parameters: &Value,
) -> sqlx::Result<Option<Alike>> {
    let row = sqlx::query!(
        r#"
        select j.id as "job_id: JobId", count(*) over () as "count!", r.id as "run_id?: RunId", r.status as "status?: RunStatus"
          from scheduled_jobs j
          left join lateral (
               select id, status from scheduled_job_runs
                where scheduled_job_id = j.id and status in ('pending', 'running')
                order by created_at desc limit 1
               ) r on true
         where j.schedule_type = 'one_time' and j.job_type = $1
           and j.brand_id is not distinct from $2 and j.product_id is null and j.parameters = $3
         order by j.created_at desc, j.id desc
         limit 1
        "#,
        job_type.name(),
        brand as Option<BrandId>,
        parameters,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Alike {
        job_id: row.job_id,
        count: row.count,
        unfinished: row
            .run_id
            .zip(row.status)
            .map(|(run_id, status)| Requested {
                run_id,
                job_id: row.job_id,
                job_type,
                status,
            }),
    }))
}

/// The newest recurring job of a type for a brand, one that fires before those that have ended.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn newest_recurring(
    tx: &mut Tx,
    job_type: JobType,
    brand: Option<BrandId>,
) -> sqlx::Result<Option<(JobId, JobStatus)>> {
    let row = sqlx::query!(
        r#"
        select id as "id: JobId", status as "status: JobStatus"
          from scheduled_jobs
         where schedule_type = 'recurring' and job_type = $1
           and brand_id is not distinct from $2 and product_id is null
         order by status in ('active', 'paused') desc, created_at desc, id desc
         limit 1
        "#,
        job_type.name(),
        brand as Option<BrandId>,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.status)))
}
