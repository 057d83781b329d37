//! Jobs, for people.

use chrono::{DateTime, Utc};

use super::{Job, TriggerSource};
use crate::{
    domain::{
        BrandId, JobId, JobStatus, JobType, MisfirePolicy, OverlapPolicy, ProductId,
        schedule::{GapPolicy, RepeatPolicy},
        timing::{ScheduleType, Timing},
    },
    store::Tx,
};

/// The job, or `None` when there is none with this id.
///
/// # Errors
/// When the database does not answer.
pub async fn get(tx: &mut Tx, id: JobId) -> sqlx::Result<Option<Job>> {
    Ok(with_ids(tx, &[id]).await?.pop())
}

pub(super) async fn with_ids(tx: &mut Tx, ids: &[JobId]) -> sqlx::Result<Vec<Job>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select j.id as "id: JobId",
               j.job_type as "job_type: JobType",
               j.brand_id as "brand_id: BrandId",
               b.name as "brand_name?",
               j.product_id as "product_id: ProductId",
               j.name,
               j.parameters,
               j.trigger_source as "trigger_source: TriggerSource",
               j.schedule_type as "schedule_type: ScheduleType",
               j.cron_expression,
               j.scheduled_at,
               j.starts_at,
               j.ends_at,
               j.timezone,
               j.dst_gap_policy as "dst_gap_policy: GapPolicy",
               j.dst_repeat_policy as "dst_repeat_policy: RepeatPolicy",
               j.overlap_policy as "overlap_policy: OverlapPolicy",
               j.misfire_policy as "misfire_policy: MisfirePolicy",
               j.misfire_limit,
               j.misfire_window_seconds,
               j.max_retries,
               j.max_runs,
               j.status as "status: JobStatus",
               j.pause_reason,
               j.paused_until,
               j.next_run_at,
               j.runs_completed,
               j.last_error,
               j.revision,
               j.created_at,
               j.updated_at
          from scheduled_jobs j
          left join brands b on b.id = j.brand_id
         where j.id = any($1)
         order by j.created_at desc, j.id desc
        "#,
        ids as &[JobId],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Job::from).collect())
}

struct Row {
    id: JobId,
    job_type: JobType,
    brand_id: Option<BrandId>,
    brand_name: Option<String>,
    product_id: Option<ProductId>,
    name: String,
    parameters: serde_json::Value,
    trigger_source: TriggerSource,
    schedule_type: ScheduleType,
    cron_expression: Option<String>,
    scheduled_at: Option<DateTime<Utc>>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    timezone: String,
    dst_gap_policy: GapPolicy,
    dst_repeat_policy: RepeatPolicy,
    overlap_policy: OverlapPolicy,
    misfire_policy: MisfirePolicy,
    misfire_limit: i32,
    misfire_window_seconds: i32,
    max_retries: i32,
    max_runs: Option<i32>,
    status: JobStatus,
    pause_reason: Option<String>,
    paused_until: Option<DateTime<Utc>>,
    next_run_at: Option<DateTime<Utc>>,
    runs_completed: i32,
    last_error: Option<String>,
    revision: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Job {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            job_type: row.job_type,
            brand_id: row.brand_id,
            brand_name: row.brand_name,
            product_id: row.product_id,
            name: row.name,
            parameters: row.parameters,
            trigger_source: row.trigger_source,
            timing: Timing {
                schedule_type: row.schedule_type,
                cron_expression: row.cron_expression,
                scheduled_at: row.scheduled_at,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                timezone: row.timezone,
                dst_gap_policy: row.dst_gap_policy,
                dst_repeat_policy: row.dst_repeat_policy,
                overlap_policy: row.overlap_policy,
                misfire_policy: row.misfire_policy,
                misfire_limit: row.misfire_limit,
                misfire_window_seconds: row.misfire_window_seconds,
                max_retries: row.max_retries,
                max_runs: row.max_runs,
            },
            status: row.status,
            pause_reason: row.pause_reason,
            paused_until: row.paused_until,
            next_run_at: row.next_run_at,
            runs_completed: row.runs_completed,
            last_error: row.last_error,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
