//! A job as JSON.

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use shared::{
    domain::{
        BrandId, JobId, JobStatus, JobType, MisfirePolicy, OverlapPolicy, ProductId,
        schedule::{GapPolicy, Lint, RepeatPolicy, Zone},
        timing::ScheduleType,
    },
    store::jobs::{Job, TriggerSource},
};

use super::version;

/// Times are UTC; those ending in `_local` are the same moment in the job's zone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobView {
    id: JobId,
    url: String,
    name: String,
    job_type: JobType,
    brand_id: Option<BrandId>,
    brand_name: Option<String>,
    product_id: Option<ProductId>,
    parameters: Value,
    trigger_source: TriggerSource,
    status: JobStatus,
    pause_reason: Option<String>,
    paused_until: Option<DateTime<Utc>>,
    schedule_type: ScheduleType,
    cron_expression: Option<String>,
    scheduled_at: Option<DateTime<Utc>>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    timezone: String,
    /// The schedule in words; `null` when the row holds one that cannot be read.
    sentence: Option<String>,
    next_run_at: Option<DateTime<Utc>>,
    next_run_at_local: Option<String>,
    dst_gap_policy: GapPolicy,
    dst_repeat_policy: RepeatPolicy,
    overlap_policy: OverlapPolicy,
    misfire_policy: MisfirePolicy,
    misfire_limit: i32,
    misfire_window_seconds: i32,
    max_retries: i32,
    max_runs: Option<i32>,
    runs_completed: i32,
    last_error: Option<String>,
    revision: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// What looks odd about the schedule; only where one job is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    lints: Option<Vec<Lint>>,
}

impl JobView {
    /// With lints, which look years ahead: for one job.
    pub(crate) fn in_full(job: Job, now: DateTime<Utc>) -> Self {
        let schedule = job.timing.schedule().ok().flatten();
        let lints = schedule
            .map(|schedule| schedule.lints(now))
            .unwrap_or_default();
        Self {
            lints: Some(lints),
            ..Self::from(job)
        }
    }
}

/// With the tag that `If-Match` takes.
impl IntoResponse for JobView {
    fn into_response(self) -> Response {
        let tag = version::tag(self.revision);
        let mut response = Json(self).into_response();
        let headers = response.headers_mut();
        headers.extend(tag.map(|tag| (header::ETAG, tag)));
        response
    }
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let timing = &job.timing;
        Self {
            url: url(job.id),
            sentence: sentence(&job),
            next_run_at_local: job.next_run_at.and_then(|at| local(at, &timing.timezone)),
            schedule_type: timing.schedule_type,
            scheduled_at: timing.scheduled_at,
            starts_at: timing.starts_at,
            ends_at: timing.ends_at,
            dst_gap_policy: timing.dst_gap_policy,
            dst_repeat_policy: timing.dst_repeat_policy,
            overlap_policy: timing.overlap_policy,
            misfire_policy: timing.misfire_policy,
            misfire_limit: timing.misfire_limit,
            misfire_window_seconds: timing.misfire_window_seconds,
            max_retries: timing.max_retries,
            max_runs: timing.max_runs,
            cron_expression: job.timing.cron_expression,
            timezone: job.timing.timezone,
            id: job.id,
            name: job.name,
            job_type: job.job_type,
            brand_id: job.brand_id,
            brand_name: job.brand_name,
            product_id: job.product_id,
            parameters: job.parameters,
            trigger_source: job.trigger_source,
            status: job.status,
            pause_reason: job.pause_reason,
            paused_until: job.paused_until,
            next_run_at: job.next_run_at,
            runs_completed: job.runs_completed,
            last_error: job.last_error,
            revision: job.revision,
            created_at: job.created_at,
            updated_at: job.updated_at,
            lints: None,
        }
    }
}

/// Where a job is served.
pub(crate) fn url(id: JobId) -> String {
    format!("/api/jobs/{id}")
}

/// When a job runs, in words; `None` when that cannot be read.
pub(crate) fn sentence(job: &Job) -> Option<String> {
    let timing = &job.timing;
    if timing.schedule_type == ScheduleType::Recurring {
        return Some(timing.schedule().ok()??.sentence());
    }
    let Some(at) = timing.scheduled_at else {
        return Some("Once, on request".to_owned());
    };
    let zone: Zone = timing.timezone.parse().ok()?;
    let at = at.with_timezone(&zone).format("%Y-%m-%d at %H:%M");
    Some(format!("Once, on {at}, {}", timing.timezone))
}

fn local(at: DateTime<Utc>, zone: &str) -> Option<String> {
    let zone: Zone = zone.parse().ok()?;
    Some(
        at.with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::AutoSi, false),
    )
}
