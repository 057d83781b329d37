//! Dead letters in a list.

use chrono::{DateTime, Utc};

use super::Filter;
use crate::{
    domain::{BrandId, ErrorKind, JobId, JobType, RunId},
    store::{
        Tx,
        runs::read::{self, RunView},
    },
};

/// A dead letter's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it failed.
    pub failed_at: DateTime<Utc>,
    /// Its id.
    pub id: RunId,
}

/// At most `limit` dead letters of every brand that pass `filter`, as people see them, those first that have waited
/// longest, of those after `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of_all_brands(
    tx: &mut Tx,
    filter: Filter,
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<RunView>> {
    let ids = ids(tx, filter, after, limit).await?;
    let mut runs = read::with_ids(tx, &ids).await?;
    runs.sort_by_key(|run| (run.completed_at, run.id));
    Ok(runs)
}

/// By the index of dead letters, and without a look at their jobs: no more are read than are listed.
pub(super) async fn ids(
    tx: &mut Tx,
    filter: Filter,
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<RunId>> {
    // A plan for any place begins at the oldest.
    tx.plan_for_values().await?;
    sqlx::query_scalar!(
        r#"
        select r.id as "id: RunId"
          from scheduled_job_runs r
         where r.status = 'failed' and r.retry_run_id is null and r.acknowledged_at is null
           and ($1::uuid is null or r.scheduled_job_id = $1)
           and ($2::uuid is null
                or r.scheduled_job_id in (select j.id from scheduled_jobs j where j.brand_id = $2))
           and ($3::text is null
                or r.scheduled_job_id in (select j.id from scheduled_jobs j where j.job_type = $3))
           and (not $9
                or r.scheduled_job_id in (select j.id from scheduled_jobs j where j.brand_id is null))
           and ($4::text is null or r.error_kind = $4)
           and ($5::timestamptz is null or (r.completed_at, r.id) > ($5, $6))
           and (not $7
                or r.scheduled_job_id not in (select j.id from scheduled_jobs j where j.status = 'archived')
                   and not exists (select
                                     from retry_batch_runs wish
                                     join retry_batches batch on batch.id = wish.batch_id and batch.status = 'active'
                                    where wish.run_id = r.id and wish.released_at is null))
         order by r.completed_at, r.id
         limit $8
        "#,
        filter.job_id as Option<JobId>,
        filter.brand_id as Option<BrandId>,
        filter.job_type.map(JobType::name),
        filter.error_kind.map(ErrorKind::name),
        after.map(|place| place.failed_at),
        after.map(|place| place.id) as Option<RunId>,
        filter.is_idle,
        limit,
        filter.is_platform,
    )
    .fetch_all(&mut **tx)
    .await
}
