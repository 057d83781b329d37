//! Rows of `scheduled_job_runs` that hold a slot, beside the limits of `job_types` and `brands`.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    domain::{BrandId, JobId},
    store::Tx,
};

/// The slots that a run of one job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Slots {
    /// Runs of the job's type at work.
    pub of_type: i64,
    /// At most so many; `None` for no limit.
    pub of_type_max: Option<i32>,
    /// Runs of its type at work for its brand.
    pub of_brand_in_type: i64,
    /// At most so many.
    pub of_brand_in_type_max: Option<i32>,
    /// Runs of any type at work for its brand.
    pub of_brand: i64,
    /// At most so many.
    pub of_brand_max: Option<i32>,
}

/// The slots of a job's type and brand, by live leases. `None`: there is no such job.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_job(tx: &mut Tx, id: JobId, now: DateTime<Utc>) -> sqlx::Result<Option<Slots>> {
    sqlx::query_as!(
        Slots,
        r#"
        select taken.of_type as "of_type!", t.running_max as of_type_max,
               taken.of_both as "of_brand_in_type!",
               t.running_per_brand_max as of_brand_in_type_max,
               taken.of_brand as "of_brand!", b.running_max as "of_brand_max?"
          from scheduled_jobs j
          join job_types t on t.name = j.job_type
          left join brands b on b.id = j.brand_id
         cross join lateral (
               select count(*) filter (where other.job_type = t.name) as of_type,
                      count(*) filter (where other.brand_id = j.brand_id) as of_brand,
                      count(*) filter (where other.job_type = t.name
                                         and other.brand_id is not distinct from j.brand_id)
                          as of_both
                 from scheduled_job_runs r
                 join scheduled_jobs other on other.id = r.scheduled_job_id
                where r.status = 'running' and r.lease_expires_at > $2) taken
         where j.id = $1
        "#,
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Runs of a type at work for a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The type.
    pub job_type: String,
    /// The brand; `None` for the platform.
    pub brand_id: Option<BrandId>,
    /// How many.
    pub running: i64,
}

/// How many runs are at work, by live leases, per type and brand. There are no more rows than runs
/// at work, so it needs no limit.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn taken(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<Vec<Taken>> {
    sqlx::query_as!(
        Taken,
        r#"
        select j.job_type, j.brand_id as "brand_id: BrandId", count(*) as "running!"
          from scheduled_job_runs r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         where r.status = 'running' and r.lease_expires_at > $1
         group by j.job_type, j.brand_id
         order by j.job_type, j.brand_id
        "#,
        now,
    )
    .fetch_all(&mut **tx)
    .await
}
