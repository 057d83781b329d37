//! A run as JSON.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    domain::{BrandId, ErrorKind, JobId, JobType, Origin, RunId, RunStatus},
    store::runs::read,
};

/// Times are UTC.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RunView {
    id: RunId,
    url: String,
    job_id: JobId,
    job_url: String,
    job_name: String,
    job_type: JobType,
    job_revision: i32,
    brand_id: Option<BrandId>,
    origin: Origin,
    requested_by: Option<String>,
    scheduled_for: DateTime<Utc>,
    attempt_number: i32,
    segment: i32,
    parameters: Value,
    status: RunStatus,
    reason: Option<String>,
    run_after: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    /// From the first start to the end, or to now while it is at work.
    duration_ms: Option<i64>,
    progress: Option<Progress>,
    /// The figures of `metadata`.
    counts: Map<String, Value>,
    metadata: Value,
    warnings: Vec<String>,
    error: Option<Failure>,
    retry_run_id: Option<RunId>,
    retry_url: Option<String>,
    parent_run_id: Option<RunId>,
    cancel_requested_at: Option<DateTime<Utc>>,
    cancel_requested_by: Option<String>,
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Progress {
    done: i64,
    total: Option<i64>,
    unit: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Failure {
    kind: ErrorKind,
    message: String,
}

impl RunView {
    /// A run as it stands at `now`.
    pub(crate) fn at(now: DateTime<Utc>, run: read::RunView) -> Self {
        let end = run.completed_at.unwrap_or(now);
        let duration = run
            .started_at
            .map(|start| (end - start).num_milliseconds().max(0));
        Self {
            url: url(run.id),
            job_url: crate::jobs::view::url(run.job_id),
            duration_ms: duration,
            progress: run.progress_done.map(|done| Progress {
                done,
                total: run.progress_total,
                unit: run.progress_unit,
            }),
            counts: counts(&run.metadata),
            error: run.error_kind.map(|kind| Failure {
                kind,
                message: run.error_message.unwrap_or_default(),
            }),
            retry_url: run.retry_run_id.map(url),
            id: run.id,
            job_id: run.job_id,
            job_name: run.job_name,
            job_type: run.job_type,
            job_revision: run.job_revision,
            brand_id: run.brand_id,
            origin: run.origin,
            requested_by: run.requested_by,
            scheduled_for: run.scheduled_for,
            attempt_number: run.attempt_number,
            segment: run.segment,
            parameters: run.parameters,
            status: run.status,
            reason: run.reason,
            run_after: run.run_after,
            started_at: run.started_at,
            completed_at: run.completed_at,
            metadata: run.metadata,
            warnings: run.warnings,
            retry_run_id: run.retry_run_id,
            parent_run_id: run.parent_run_id,
            cancel_requested_at: run.cancel_requested_at,
            cancel_requested_by: run.cancel_requested_by,
            acknowledged_at: run.acknowledged_at,
            acknowledged_by: run.acknowledged_by,
            created_at: run.created_at,
        }
    }
}

/// Where a run is served.
pub(crate) fn url(id: RunId) -> String {
    format!("/api/runs/{id}")
}

fn counts(metadata: &Value) -> Map<String, Value> {
    let fields = metadata.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| value.is_number())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
