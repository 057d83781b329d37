//! `POST /api/dead-letters/retry`, `GET /api/retry-batches/{id}` and `POST …/cancel`.

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{BatchId, BrandId, ErrorKind, JobId, JobType, RunId},
    store::{
        Tx, owners,
        retry_batches::{self, Batch, Listed, NewBatch},
        runs::dead::{self, Filter},
    },
};

use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    jobs::fields::Errors,
    problem::Problem,
    query::{Id, Query, Scope},
};

/// Runs in one batch.
const RUNS_MAX: usize = 1_000;
/// The same, for the store.
const RUNS_LIMIT: i64 = 1_000;
/// What the table admits.
const RATE_MAX: i32 = 600;
const RATE_DEFAULT: i32 = 10;

/// Which dead letters to retry: these runs, or those that pass the filter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchBody {
    run_ids: Option<Vec<RunId>>,
    job_id: Option<JobId>,
    brand_id: Option<BrandId>,
    /// Of no brand; goes without `brand_id`.
    scope: Option<Scope>,
    job_type: Option<JobType>,
    error_kind: Option<ErrorKind>,
    rate_per_minute: Option<i32>,
    stop_after_failures: Option<i32>,
}

/// A batch as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BatchView {
    id: BatchId,
    url: String,
    status: String,
    created_at: DateTime<Utc>,
    created_by: String,
    ended_at: Option<DateTime<Utc>>,
    /// Who ended it before its end.
    cancelled_by: Option<String>,
    rate_per_minute: i32,
    stop_after_failures: Option<i32>,
    runs: i64,
    /// The sum of the figures below.
    released: i64,
    waiting: i64,
    completed: i64,
    failed: i64,
    /// Next attempts that were cancelled or skipped.
    cancelled: i64,
    /// Without a next attempt: somebody acknowledged the failure, or archived its job.
    not_retried: i64,
}

/// Makes a batch; the reconciler releases its runs at the rate asked for.
pub(crate) async fn create(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value: body, .. }: JsonBody<BatchBody>,
) -> Result<Response, Problem> {
    let mut tx = state.db.begin().await?;
    let made = make(&mut tx, &caller, &body, state.clock.now()).await?;
    let view = get(&mut tx, made.id).await?;
    tx.commit().await?;
    let location = [(header::LOCATION, view.url.clone())];
    Ok((StatusCode::ACCEPTED, location, Json(view)).into_response())
}

/// A batch that was made.
pub(super) struct Made {
    id: BatchId,
    pub(super) rate_per_minute: i32,
    pub(super) runs: Vec<RunId>,
}

/// Makes a batch, within a transaction that is not committed yet.
///
/// # Errors
/// 409 and 422 for one that cannot be made; when the database does not answer.
pub(super) async fn make(
    tx: &mut Tx,
    caller: &Caller,
    body: &BatchBody,
    now: DateTime<Utc>,
) -> Result<Made, Problem> {
    check(body)?;
    let runs = chosen(tx, body).await?;
    permit(tx, caller, &runs).await?;
    let batch = NewBatch {
        id: BatchId::new(),
        created_by: &caller.name,
        rate_per_minute: body.rate_per_minute.unwrap_or(RATE_DEFAULT),
        stop_after_failures: body.stop_after_failures,
        runs: &runs,
    };
    let count = retry_batches::create(tx, &batch, now).await?;
    if usize::try_from(count).ok() != Some(runs.len()) {
        let others = runs
            .len()
            .saturating_sub(usize::try_from(count).unwrap_or(0));
        let detail = format!(
            "{others} of them are given twice, are no dead letters, wait in another batch, or belong to an archived job"
        );
        return Err(Problem::field("run_ids", detail));
    }
    Ok(Made {
        id: batch.id,
        rate_per_minute: batch.rate_per_minute,
        runs,
    })
}

/// Batches in one answer.
pub(crate) const LIMIT_MAX: i64 = 100;
pub(crate) const LIMIT_DEFAULT: i64 = 20;

/// Batches as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Batches {
    batches: Vec<ListedView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedView {
    id: BatchId,
    /// Tells how far it has come.
    url: String,
    status: String,
    created_at: DateTime<Utc>,
    created_by: String,
    runs: i64,
    released: i64,
}

fn url(id: BatchId) -> String {
    format!("/api/retry-batches/{id}")
}

/// The newest batches, those first that are active.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<Batches>, Problem> {
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let batches = retry_batches::newest(&mut tx, limit).await?;
    tx.commit().await?;
    let view = |it: Listed| ListedView {
        url: url(it.id),
        id: it.id,
        status: it.status,
        created_at: it.created_at,
        created_by: it.created_by,
        runs: it.runs,
        released: it.released,
    };
    let batches = batches.into_iter().map(view).collect();
    Ok(Json(Batches { batches }))
}

/// How far a batch has come.
pub(crate) async fn one(state: State, Id(id): Id<BatchId>) -> Result<Json<BatchView>, Problem> {
    let mut tx = state.db.begin().await?;
    let view = get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Ends a batch in the caller's name; what was released goes on. May be repeated.
pub(crate) async fn cancel(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<BatchId>,
) -> Result<Json<BatchView>, Problem> {
    let mut tx = state.db.begin().await?;
    let ending = ("cancelled", Some(caller.name.as_str()));
    retry_batches::end(&mut tx, id, ending, state.clock.now()).await?;
    let view = get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Whether the runs are the caller's.
async fn permit(tx: &mut Tx, caller: &Caller, runs: &[RunId]) -> Result<(), Problem> {
    let owns = match caller.organization() {
        None => true,
        Some(organization) => owners::owns_runs(tx, organization, runs).await?,
    };
    owns.then_some(())
        .ok_or_else(|| Problem::field("run_ids", "there is no run with one of these ids"))
}

fn check(body: &BatchBody) -> Result<(), Problem> {
    let mut errors = Errors::default();
    let filters = [
        body.job_id.is_some(),
        body.brand_id.is_some(),
        body.scope.is_some(),
        body.job_type.is_some(),
        body.error_kind.is_some(),
    ];
    let has_filter = filters.contains(&true);
    if body.run_ids.is_some() == has_filter {
        errors.add(
            "run_ids",
            "name the runs, or a filter: job_id, brand_id, scope, job_type, error_kind",
        );
    }
    if body.scope.is_some() && body.brand_id.is_some() {
        errors.add("scope", "goes without brand_id");
    }
    let runs = body.run_ids.as_ref().map_or(1, Vec::len);
    if !(1..=RUNS_MAX).contains(&runs) {
        errors.add("run_ids", format!("must be 1 to {RUNS_MAX} runs"));
    }
    if body
        .rate_per_minute
        .is_some_and(|rate| !(1..=RATE_MAX).contains(&rate))
    {
        errors.add("rate_per_minute", format!("must be from 1 to {RATE_MAX}"));
    }
    if body.stop_after_failures.is_some_and(|most| most < 1) {
        errors.add("stop_after_failures", "must be at least 1");
    }
    errors.finish()
}

/// The runs asked for; of more than a batch holds, those that have waited longest.
async fn chosen(tx: &mut Tx, body: &BatchBody) -> Result<Vec<RunId>, Problem> {
    if let Some(ids) = &body.run_ids {
        return Ok(ids.clone());
    }
    let filter = Filter {
        job_id: body.job_id,
        brand_id: body.brand_id,
        is_platform: body.scope.is_some(),
        job_type: body.job_type,
        error_kind: body.error_kind,
        is_idle: true,
    };
    let ids = dead::ids_of_all_brands(tx, filter, RUNS_LIMIT).await?;
    if ids.is_empty() {
        let detail = "no dead letter that does not wait for its retry already passes this filter";
        return Err(Problem::conflict("no-dead-letter", detail));
    }
    Ok(ids)
}

async fn get(tx: &mut Tx, id: BatchId) -> Result<BatchView, Problem> {
    let batch = retry_batches::get(tx, id).await?;
    batch
        .map(BatchView::from)
        .ok_or_else(|| Problem::missing("batch"))
}

impl From<Batch> for BatchView {
    fn from(batch: Batch) -> Self {
        Self {
            id: batch.id,
            url: url(batch.id),
            status: batch.status,
            created_at: batch.created_at,
            created_by: batch.created_by,
            ended_at: batch.ended_at,
            cancelled_by: batch.cancelled_by,
            rate_per_minute: batch.rate_per_minute,
            stop_after_failures: batch.stop_after_failures,
            runs: batch.runs,
            released: batch.released,
            waiting: batch.waiting,
            completed: batch.completed,
            failed: batch.failed,
            cancelled: batch.cancelled,
            not_retried: batch.not_retried,
        }
    }
}
