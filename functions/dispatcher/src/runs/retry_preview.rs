//! `POST /api/dead-letters/retry/preview`: what a retry of many would do.

use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Serialize;
use shared::store::runs::dead;

use super::batches::{self, BatchBody};
use crate::{State, auth::Caller, body::JsonBody, problem::Problem};

/// What it would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RetryPreview {
    /// Runs that would get another attempt.
    runs: i64,
    /// Jobs that they are of.
    jobs: i64,
    /// The name of each brand of these jobs, in their order. None: jobs of the platform.
    brands: Vec<String>,
    /// After so many minutes all are released.
    minutes: i64,
}

/// Tells what the same request to `/api/dead-letters/retry` would do, and is refused where that is. The batch is made and
/// not committed.
///
/// # Errors
/// As that request; when the database does not answer.
pub(crate) async fn show(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value: body, .. }: JsonBody<BatchBody>,
) -> Result<Json<RetryPreview>, Problem> {
    let mut tx = state.db.begin().await?;
    let made = batches::make(&mut tx, &caller, &body, state.clock.now()).await?;
    let reach = dead::reach(&mut tx, &made.runs).await?;
    drop(tx);
    let runs = i64::try_from(made.runs.len()).unwrap_or(i64::MAX);
    let rate = i64::from(made.rate_per_minute).max(1);
    Ok(Json(RetryPreview {
        runs,
        jobs: reach.jobs,
        brands: reach.brands,
        minutes: runs / rate + i64::from(runs % rate > 0),
    }))
}
