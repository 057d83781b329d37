//! Rows of `dataset_status`, for people: how fresh each brand's data is.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{BrandId, JobId, RunId},
    store::{Tx, dataset_limits::FRESH_FOR_HOURS},
};

/// A dataset of a brand.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Whose; `None` for the platform's.
    pub brand_id: Option<BrandId>,
    /// That brand's name.
    pub brand_name: Option<String>,
    /// Which, as in `ad_assets`.
    pub key: String,
    /// Since its last success, in hours, to count as fresh.
    pub fresh_for_hours: i32,
    /// When it was refreshed last. Moved by successes only.
    pub last_success_at: Option<DateTime<Utc>>,
    /// When somebody tried last.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// Whether that attempt failed.
    pub has_failed: bool,
    /// In which words.
    pub error_message: Option<String>,
    /// Records of the last attempt.
    pub records_affected: i64,
    /// The run that tried last, for as long as it is kept.
    pub last_run_id: Option<RunId>,
    /// Whether a run whose type is made for this dataset is at work.
    pub is_running: bool,
    /// As [`name_work`] finds it: what does the work, the type of the job that tried last, or else the one that is made for it.
    pub job_type: Option<String>,
    /// As [`name_work`] finds it: the job of this type for this brand that is active or paused, active ones and the newest first.
    pub job_id: Option<JobId>,
}

/// Which datasets.
#[derive(Clone, Copy, Debug)]
pub enum Listed<'a> {
    /// Those of every brand that failed when they were tried last, or are older at this moment than they may be.
    NotFresh(DateTime<Utc>),
    /// Those of these brands.
    OfBrands(&'a [BrandId]),
    /// Those of no brand, which all share.
    OfPlatform,
}

/// Datasets that were ever tried, by brand and key, at most `limit`. What does the work is not looked for.
///
/// # Errors
/// When the database does not answer.
pub async fn of_all_brands(tx: &mut Tx, it: Listed<'_>, limit: i64) -> sqlx::Result<Vec<Dataset>> {
    let (now, brands) = match it {
        Listed::NotFresh(now) => (Some(now), None),
        Listed::OfBrands(brands) => (None, Some(brands)),
        Listed::OfPlatform => (None, None),
    };
    sqlx::query_as!(
        Dataset,
        r#"
        with at_work as materialized (
            select j.brand_id, t.dataset_key
              from scheduled_job_runs r
              join scheduled_jobs j on j.id = r.scheduled_job_id
              join job_types t on t.name = j.job_type
             where r.status = 'running' and t.dataset_key is not null)
        select d.brand_id as "brand_id: BrandId", b.name as "brand_name?", d.dataset_key as key,
               coalesce(l.fresh_for_hours, $4) as "fresh_for_hours!",
               d.last_success_at, d.last_attempt_at, d.last_status = 'failed' as "has_failed!",
               d.error_message, d.records_affected, d.last_run_id as "last_run_id: RunId",
               exists (select from at_work a
                        where a.dataset_key = d.dataset_key
                          and a.brand_id is not distinct from d.brand_id) as "is_running!",
               null::text as job_type, null::uuid as "job_id: JobId"
          from dataset_status d
          left join brands b on b.id = d.brand_id
          left join dataset_limits l on l.dataset_key = d.dataset_key
         where case
               when $1::timestamptz is not null then
                    d.last_status = 'failed' or d.last_success_at is null
                    or d.last_success_at < $1 - make_interval(hours => coalesce(l.fresh_for_hours, $4))
               when $2::uuid[] is not null then d.brand_id = any ($2)
               else d.brand_id is null
               end
         order by b.name nulls first, d.brand_id, d.dataset_key
         limit $3
        "#,
        now,
        brands as Option<&[BrandId]>,
        limit,
        FRESH_FOR_HOURS,
    )
    .fetch_all(&mut **tx)
    .await
}

/// How many datasets there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// That were ever tried.
    pub all: i64,
    /// Of these, those that failed when they were tried last, or are older than they may be.
    pub not_fresh: i64,
}

/// Counts datasets of every brand, and those that are not fresh at `now`.
///
/// # Errors
/// When the database does not answer.
pub async fn count_of_all_brands(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<Counted> {
    sqlx::query_as!(
        Counted,
        r#"
        select count(*) as "all!",
               count(*) filter (where last_status = 'failed' or last_success_at is null
                   or last_success_at < $1::timestamptz - make_interval(hours => coalesce(fresh_for_hours, $2))) as "not_fresh!"
          from dataset_status
          left join dataset_limits using (dataset_key)
        "#,
        now,
        FRESH_FOR_HOURS,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Looks for what does the work of these datasets.
///
/// # Errors
/// When the database does not answer.
pub async fn name_work(tx: &mut Tx, datasets: &mut [Dataset]) -> sqlx::Result<()> {
    let brands: Vec<Option<Uuid>> = datasets
        .iter()
        .map(|it| it.brand_id.map(|id| id.0))
        .collect();
    let keys: Vec<&str> = datasets.iter().map(|it| it.key.as_str()).collect();
    let runs: Vec<Option<Uuid>> = datasets
        .iter()
        .map(|it| it.last_run_id.map(|id| id.0))
        .collect();
    let found = sqlx::query!(
        r#"
        select feeding.job_type as "job_type?", live.id as "job_id?: JobId"
          from unnest($1::uuid[], $2::text[], $3::uuid[]) with ordinality as d (brand_id, dataset_key, last_run_id, place)
          left join scheduled_job_runs r on r.id = d.last_run_id
          left join scheduled_jobs j on j.id = r.scheduled_job_id
          left join lateral (
               select coalesce(j.job_type, min(t.name)) as job_type
                 from job_types t
                where t.dataset_key = d.dataset_key) feeding on true
          left join lateral (
               -- As the index of live jobs has it, the platform's too.
               select s.id
                 from scheduled_jobs s
                where coalesce(s.brand_id, '00000000-0000-0000-0000-000000000000')
                      = coalesce(d.brand_id, '00000000-0000-0000-0000-000000000000')
                  and s.job_type = feeding.job_type and s.status in ('active', 'paused')
                order by s.status, s.created_at desc
                limit 1) live on true
         order by d.place
        "#,
        &brands as &[Option<Uuid>],
        &keys as &[&str],
        &runs as &[Option<Uuid>],
    )
    .fetch_all(&mut **tx)
    .await?;
    for (dataset, work) in datasets.iter_mut().zip(found) {
        (dataset.job_type, dataset.job_id) = (work.job_type, work.job_id);
    }
    Ok(())
}
