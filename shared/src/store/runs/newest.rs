//! Which runs are the newest, each list by the index that knows it.

use crate::{
    domain::{BrandId, JobId, JobType, RunId, RunStatus},
    store::Tx,
};

use super::read::Filter;

/// At most `limit` runs of every brand that pass `filter`, newest first.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn ids(tx: &mut Tx, filter: Filter, limit: i64) -> sqlx::Result<Vec<RunId>> {
    if filter.brand_id.is_some() || filter.is_platform {
        return newest_of_owner(tx, filter, limit).await;
    }
    match (filter.status, filter.job_id) {
        (Some(status), None) => newest_in(tx, status, filter, limit).await,
        _ => newest(tx, filter, limit).await,
    }
}

/// Without a look at their jobs, so that no more are read than are listed.
async fn newest(tx: &mut Tx, filter: Filter, limit: i64) -> sqlx::Result<Vec<RunId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where ($1::uuid is null or scheduled_job_id = $1)
           and ($2::text is null or status = $2)
           and ($3::timestamptz is null or (created_at, id) < ($3, $4))
           and ($6::text is null
                or scheduled_job_id in (select j.id from scheduled_jobs j where j.job_type = $6))
           and ($7::timestamptz is null or scheduled_for >= $7)
           and ($8::timestamptz is null or scheduled_for < $8)
         order by created_at desc, id desc
         limit $5
        "#,
        filter.job_id as Option<JobId>,
        filter.status.map(RunStatus::name),
        filter.after.map(|(created_at, _)| created_at),
        filter.after.map(|(_, id)| id),
        limit,
        filter.job_type.map(JobType::name),
        filter.since,
        filter.until,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The same in one state, by an index of its own: some are rare.
async fn newest_in(
    tx: &mut Tx,
    status: RunStatus,
    filter: Filter,
    limit: i64,
) -> sqlx::Result<Vec<RunId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: RunId"
          from scheduled_job_runs
         where status = $1
           and ($2::timestamptz is null or (created_at, id) < ($2, $3))
           and ($5::text is null
                or scheduled_job_id in (select j.id from scheduled_jobs j where j.job_type = $5))
           and ($6::timestamptz is null or scheduled_for >= $6)
           and ($7::timestamptz is null or scheduled_for < $7)
         order by created_at desc, id desc
         limit $4
        "#,
        status.name(),
        filter.after.map(|(created_at, _)| created_at),
        filter.after.map(|(_, id)| id),
        limit,
        filter.job_type.map(JobType::name),
        filter.since,
        filter.until,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The same of a brand, or of none.
async fn newest_of_owner(tx: &mut Tx, filter: Filter, limit: i64) -> sqlx::Result<Vec<RunId>> {
    sqlx::query_scalar!(
        r#"
        -- The newest of each of the owner's jobs, by the index of a job's runs: other brands' are not looked at.
        select r.id as "id: RunId"
          from scheduled_jobs j
         cross join lateral (
               select r.id, r.created_at
                 from scheduled_job_runs r
                where r.scheduled_job_id = j.id
                  and ($3::text is null or r.status = $3)
                  and ($4::timestamptz is null or (r.created_at, r.id) < ($4, $5))
                  and ($8::timestamptz is null or r.scheduled_for >= $8)
                  and ($9::timestamptz is null or r.scheduled_for < $9)
                order by r.created_at desc, r.id desc
                limit $6) r
         where (j.brand_id = $2 or $10 and j.brand_id is null)
           and ($1::uuid is null or j.id = $1)
           and ($7::text is null or j.job_type = $7)
         order by r.created_at desc, r.id desc
         limit $6
        "#,
        filter.job_id as Option<JobId>,
        filter.brand_id as Option<BrandId>,
        filter.status.map(RunStatus::name),
        filter.after.map(|(created_at, _)| created_at),
        filter.after.map(|(_, id)| id),
        limit,
        filter.job_type.map(JobType::name),
        filter.since,
        filter.until,
        filter.is_platform,
    )
    .fetch_all(&mut **tx)
    .await
}
