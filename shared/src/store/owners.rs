//! To which organisation a row belongs that somebody named.

use uuid::Uuid;

use crate::{
    domain::{OrganizationId, RunId},
    store::Tx,
};

/// What the id of an address is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A row of `scheduled_jobs`.
    Job,
    /// A row of `scheduled_job_runs`.
    Run,
    /// A row of `retry_batches`, which belongs to those to whom all of its runs do.
    Batch,
    /// A row of `brands`.
    Brand,
}

impl Subject {
    const fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Run => "run",
            Self::Batch => "batch",
            Self::Brand => "brand",
        }
    }
}

/// Whether a row is there and belongs to `organization`. One that belongs to nobody does not.
///
/// # Errors
/// When the database does not answer.
pub async fn owns(
    tx: &mut Tx,
    organization: OrganizationId,
    subject: Subject,
    id: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select case $1
               when 'job' then exists (select from scheduled_jobs where id = $2 and organization_id = $3)
               when 'brand' then exists (select from brands where id = $2 and organization_id = $3)
               when 'run' then exists (select from scheduled_job_runs r
                                         join scheduled_jobs j on j.id = r.scheduled_job_id
                                        where r.id = $2 and j.organization_id = $3)
               when 'batch' then (select coalesce(bool_and(j.organization_id is not distinct from $3), false)
                                    from retry_batch_runs b
                                    join scheduled_job_runs r on r.id = b.run_id
                                    join scheduled_jobs j on j.id = r.scheduled_job_id
                                   where b.batch_id = $2)
               end as "owns!"
        "#,
        subject.name(),
        id,
        organization as OrganizationId,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Whether all of these runs are there and belong to `organization`.
///
/// # Errors
/// When the database does not answer.
pub async fn owns_runs(
    tx: &mut Tx,
    organization: OrganizationId,
    runs: &[RunId],
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select not exists (
            select from unnest($1::uuid[]) wanted (id)
             where not exists (select from scheduled_job_runs r
                                 join scheduled_jobs j on j.id = r.scheduled_job_id
                                where r.id = wanted.id and j.organization_id = $2)) as "owns!"
        "#,
        runs as &[RunId],
        organization as OrganizationId,
    )
    .fetch_one(&mut **tx)
    .await
}
