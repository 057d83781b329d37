//! Rows of `scheduled_job_runs` that another run wished for.

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{DueRun, Lease};
use crate::{
    domain::{FollowUp, JobId, RunId},
    store::{Tx, jobs::ledger::LockedJob},
};

/// Keeps wishes in the row of a run that has not completed; its next segment or attempt has them.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn keep(tx: &mut Tx, lease: Lease, follow_ups: &[FollowUp]) -> sqlx::Result<()> {
    if follow_ups.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update scheduled_job_runs
           set follow_ups = follow_ups || $3
         where id = $1 and lease_token = $2 and status = 'running'
        "#,
        lease.run_id.0,
        lease.token,
        Json(follow_ups) as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes a one-time job for the owner of the locked `parent` and its pending run. `None`: the
/// same follow-up waits already, or a job of this type cannot have this owner.
///
/// Callers insert several in the order of type and parameters, so that two of them never wait for
/// each other.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn insert(
    tx: &mut Tx,
    parent: (&LockedJob, RunId),
    follow_up: &FollowUp,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DueRun>> {
    let (job_id, run_id) = (JobId::new(), RunId::new());
    let inserted = sqlx::query_scalar!(
        r#"
        with wanted as materialized (
            select j.organization_id, j.brand_id, j.product_id, t.name as job_type, j.name,
                   $4::jsonb as parameters,
                   encode(sha256(convert_to(concat_ws(' ', t.name, coalesce(j.brand_id::text, '-'),
                          coalesce(j.product_id::text, '-'), $4::jsonb::text), 'UTF8')), 'hex')
                       as key
              from scheduled_jobs j
              join job_types t on t.name = $3 and t.scope = j.scope
             where j.id = $2),
        job as (
            insert into scheduled_jobs
                   (id, organization_id, brand_id, product_id, job_type, name, parameters,
                    trigger_source, schedule_type, max_runs, created_at)
            select $1, organization_id, brand_id, product_id, job_type,
                   left(job_type || ', after ' || name, 200), parameters,
                   'api', 'one_time', 1, $5
              from wanted
             where not exists (select from scheduled_job_runs r
                                where r.follow_up_key = wanted.key
                                  and r.status = 'pending' and r.started_at is null)
         returning id, revision)
        insert into scheduled_job_runs
               (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters,
                run_after, parent_run_id, follow_up_key, created_at)
        select $6, job.id, job.revision, 'follow_up', $5, wanted.parameters,
               $5, $7, wanted.key, $5
          from job cross join wanted
            on conflict (follow_up_key) where status = 'pending' and started_at is null
            do nothing
        returning id as "id: RunId"
        "#,
        job_id as JobId,
        parent.0.id as JobId,
        follow_up.job_type,
        follow_up.parameters,
        now,
        run_id as RunId,
        parent.1 as RunId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if inserted.is_none() {
        forget_job(tx, job_id).await?;
        return Ok(None);
    }
    // A type that this program does not know yet is sent by the reconciler.
    let job_type = follow_up.job_type.parse().ok();
    Ok(job_type.map(|job_type| DueRun {
        id: run_id,
        job_id,
        job_type,
    }))
}

/// Removes a job whose run lost the race against the same follow-up of another run.
async fn forget_job(tx: &mut Tx, id: JobId) -> sqlx::Result<()> {
    sqlx::query!("delete from scheduled_jobs where id = $1", id as JobId)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
