//! Dead letters by the words in which they failed: words are the longest part of a row, and many share them.

use chrono::{DateTime, Utc};

use super::Filter;
use crate::{
    domain::{
        BrandId, ErrorKind, JobId, JobType, RunId,
        fingerprint::{Alike, FailedRun},
    },
    store::Tx,
};

/// Runs that failed in the same words.
struct Words {
    job_type: JobType,
    error_kind: ErrorKind,
    message: String,
    run_ids: Vec<RunId>,
    brand_ids: Vec<Option<BrandId>>,
    failed_at: Vec<DateTime<Utc>>,
    idle: i64,
}

impl From<Words> for Alike {
    fn from(words: Words) -> Self {
        let runs = words.run_ids.into_iter().zip(words.brand_ids);
        let runs = runs.zip(words.failed_at);
        let run = |((run_id, brand_id), failed_at)| FailedRun {
            run_id,
            brand_id,
            failed_at,
        };
        Self {
            job_type: words.job_type,
            error_kind: words.error_kind,
            message: words.message,
            idle: usize::try_from(words.idle).unwrap_or_default(),
            runs: runs.map(run).collect(),
        }
    }
}

/// Dead letters of every brand that pass `filter`, to group them by their cause: the oldest `limit` of them, in no order, those
/// in the same words together.
///
/// # Errors
/// When the database does not answer.
pub async fn failures_of_all_brands(
    tx: &mut Tx,
    filter: Filter,
    limit: i64,
) -> sqlx::Result<Vec<Alike>> {
    // A plan for any filter expects few rows, and takes seconds for thousands.
    tx.plan_for_values().await?;
    // Of jobs the first columns alone are read: of ten thousand rows, reading on to the status costs as much as all else.
    let words = sqlx::query_as!(
        Words,
        r#"
        with waiting as (
            select distinct wish.run_id
              from retry_batch_runs as wish
              join retry_batches as batch on batch.id = wish.batch_id and batch.status = 'active'
             where wish.released_at is null),
        archived as (select id from scheduled_jobs where status = 'archived')
        select j.job_type as "job_type!: JobType", r.error_kind as "error_kind!: ErrorKind", r.error_message as "message!",
               array_agg(r.id) as "run_ids!: Vec<RunId>", array_agg(j.brand_id) as "brand_ids!: Vec<Option<BrandId>>",
               array_agg(r.completed_at) as "failed_at!", count(*) filter (where r.is_idle) as "idle!"
          from (select r.id, r.scheduled_job_id, r.error_kind, r.error_message, r.completed_at,
                       r.id not in (select run_id from waiting)
                       and r.scheduled_job_id not in (select id from archived) as is_idle
                  from scheduled_job_runs r
                 where r.status = 'failed' and r.retry_run_id is null and r.acknowledged_at is null
                   and ($1::uuid is null or r.scheduled_job_id = $1)
                   and ($4::text is null or r.error_kind = $4)
                   -- Asked of jobs only when it matters: otherwise the index has the first ones.
                   and ($2::uuid is null and $3::text is null and not $7
                        or r.scheduled_job_id in (
                           select id from scheduled_jobs
                            where ($2::uuid is null or brand_id = $2) and ($3::text is null or job_type = $3)
                              and (not $7 or brand_id is null)))
                   and (not $6 or r.id not in (select run_id from waiting)
                                  and r.scheduled_job_id not in (select id from archived))
                 order by r.completed_at
                 limit $5) r
          join scheduled_jobs j on j.id = r.scheduled_job_id
         group by j.job_type, r.error_kind, r.error_message
        "#,
        filter.job_id as Option<JobId>,
        filter.brand_id as Option<BrandId>,
        filter.job_type.map(JobType::name),
        filter.error_kind.map(ErrorKind::name),
        limit,
        filter.is_idle,
        filter.is_platform,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(words.into_iter().map(Alike::from).collect())
}
