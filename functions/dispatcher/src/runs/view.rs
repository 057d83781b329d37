//! A run as JSON.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    domain::{BrandId, ErrorKind, JobId, JobType, Origin, RunId, RunStatus},
    store::{datasets::RunStep, run_costs::RunCost, runs::read},
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
    /// Its runs are not retried.
    is_job_archived: bool,
    brand_id: Option<BrandId>,
    origin: Origin,
    requested_by: Option<String>,
    scheduled_for: DateTime<Utc>,
    attempt_number: i32,
    segment: i32,
    /// How often the other side asked it to wait.
    snoozes: i32,
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
    /// What it paid, by provider and model; only where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<Vec<Cost>>,
    /// What it did about each dataset, in its order; only where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<Step>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RunStep")]
struct Step {
    segment: i32,
    dataset: String,
    at: DateTime<Utc>,
    /// Records written; null: it could not, or not all of it.
    records: Option<i64>,
    /// Whether some were written all the same.
    is_partial: bool,
    error_message: Option<String>,
}

impl From<RunStep> for Step {
    fn from(it: RunStep) -> Self {
        Self {
            segment: it.segment,
            dataset: it.dataset_key,
            at: it.at,
            records: it.records,
            is_partial: it.is_partial,
            error_message: it.error_message,
        }
    }
}

/// What a run paid one model for.
#[derive(Debug, Serialize, JsonSchema)]
struct Cost {
    provider: String,
    model: String,
    calls: i64,
    /// In both directions.
    tokens: i64,
    /// Exact; of calls that nobody settled, what was reserved.
    cost_usd: Decimal,
    /// Calls that nobody settled, as of a function that was killed.
    unsettled: i64,
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
    /// With what it cost and did: for one run.
    pub(crate) fn in_full(
        now: DateTime<Utc>,
        run: read::RunView,
        costs: Vec<RunCost>,
        steps: Vec<RunStep>,
    ) -> Self {
        Self {
            costs: Some(costs.into_iter().map(Cost::from).collect()),
            steps: Some(steps.into_iter().map(Step::from).collect()),
            ..Self::at(now, run)
        }
    }

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
            is_job_archived: run.is_job_archived,
            brand_id: run.brand_id,
            origin: run.origin,
            requested_by: run.requested_by,
            scheduled_for: run.scheduled_for,
            attempt_number: run.attempt_number,
            segment: run.segment,
            snoozes: run.snoozes,
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
            costs: None,
            steps: None,
        }
    }
}

impl From<RunCost> for Cost {
    fn from(cost: RunCost) -> Self {
        Self {
            provider: cost.provider,
            model: cost.model,
            calls: cost.calls,
            tokens: cost.tokens,
            cost_usd: cost.cost_usd,
            unsettled: cost.unsettled,
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
