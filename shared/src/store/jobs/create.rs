//! New jobs.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::TriggerSource;
use crate::{
    domain::{BrandId, JobId, JobType, ProductId, timing::Timing},
    store::Tx,
};

/// What a job works on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner {
    /// The brand; `None` for a job of the platform.
    pub brand_id: Option<BrandId>,
    /// A product of that brand.
    pub product_id: Option<ProductId>,
}

/// A job to insert.
#[derive(Debug)]
pub struct NewJob<'a> {
    /// Its id, made by the caller.
    pub id: JobId,
    /// What it does.
    pub job_type: JobType,
    /// What it works on.
    pub owner: Owner,
    /// What people call it; 1 to 200 characters.
    pub name: &'a str,
    /// Checked by [`JobType::check_parameters`].
    pub parameters: &'a Value,
    /// Who makes it.
    pub trigger_source: TriggerSource,
    /// When it runs.
    pub timing: &'a Timing,
    /// Its first fire time.
    pub next_run_at: DateTime<Utc>,
}

/// What became of the wish to create a job.
#[derive(Debug, PartialEq, Eq)]
pub enum Created {
    /// The row is there.
    Yes,
    /// No such brand, or no such product of that brand.
    NoSuchOwner,
    /// This recurring job already does the same thing for the same owner.
    AlreadyScheduled(JobId),
}

/// Whether the database refused because the owner is not of the kind the job type works on.
#[must_use]
pub fn is_wrong_scope(error: &sqlx::Error) -> bool {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    constraint == Some("scheduled_jobs_job_type_scope_fkey")
}

/// Inserts an active job.
///
/// # Errors
/// When the database does not answer, or the owner does not fit the type ([`is_wrong_scope`]).
pub async fn create(tx: &mut Tx, job: &NewJob<'_>, now: DateTime<Utc>) -> sqlx::Result<Created> {
    let timing = job.timing;
    let inserted = sqlx::query_scalar!(
        r#"
        insert into scheduled_jobs
               (id, organization_id, brand_id, product_id, job_type, name, parameters,
                trigger_source, schedule_type, cron_expression, scheduled_at, timezone,
                dst_gap_policy, dst_repeat_policy, overlap_policy, misfire_policy, misfire_limit,
                misfire_window_seconds, max_retries, max_runs, next_run_at, created_at,
                starts_at, ends_at)
        select $1, b.organization_id, b.id, p.id, $4, $5, $6,
               $7, $8, $9, $10, $11,
               $12, $13, $14, $15, $16,
               $17, $18, $19, $20, $21,
               $22, $23
          from (select 1) one
          left join brands b on b.id = $2
          left join products p on p.id = $3 and p.brand_id = b.id
         where ($2::uuid is null or b.id is not null)
           and ($3::uuid is null or p.id is not null)
            on conflict do nothing
        returning id as "id: JobId"
        "#,
        job.id as JobId,
        job.owner.brand_id as Option<BrandId>,
        job.owner.product_id as Option<ProductId>,
        job.job_type.name(),
        job.name,
        job.parameters,
        job.trigger_source.name(),
        timing.schedule_type.name(),
        timing.cron_expression.as_deref(),
        timing.scheduled_at,
        timing.timezone,
        timing.dst_gap_policy as _,
        timing.dst_repeat_policy as _,
        timing.overlap_policy.name(),
        timing.misfire_policy.name(),
        timing.misfire_limit,
        timing.misfire_window_seconds,
        timing.max_retries,
        timing.max_runs,
        job.next_run_at,
        now,
        timing.starts_at,
        timing.ends_at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if inserted.is_some() {
        return Ok(Created::Yes);
    }
    let existing = recurring_like(tx, job.job_type, job.owner, job.parameters).await?;
    Ok(existing.map_or(Created::NoSuchOwner, Created::AlreadyScheduled))
}

/// The live recurring job that does the same thing for the same owner.
///
/// # Errors
/// When the database does not answer.
pub async fn recurring_like(
    tx: &mut Tx,
    job_type: JobType,
    owner: Owner,
    parameters: &Value,
) -> sqlx::Result<Option<JobId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: JobId"
          from scheduled_jobs
         where schedule_type = 'recurring'
           and status in ('active', 'paused')
           and job_type = $1
           and brand_id is not distinct from $2
           and product_id is not distinct from $3
           and parameters = $4
         limit 1
        "#,
        job_type.name(),
        owner.brand_id as Option<BrandId>,
        owner.product_id as Option<ProductId>,
        parameters,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Whether the brand exists.
///
/// # Errors
/// When the database does not answer.
pub async fn has_brand(tx: &mut Tx, id: BrandId) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: BrandId" from brands where id = $1"#,
        id as BrandId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_some())
}
