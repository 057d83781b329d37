//! `POST /api/webhooks/scheduled-jobs`: somebody wrote a row of `scheduled_jobs` past the API, as by SQL or an
//! application of their own, and the database tells.
//!
//! No token is asked for, but a signature. Of the body only the row's id counts: the reconciler, who is woken, reads
//! the row itself. Being told twice is safe.

mod signature;

use axum::{
    Json,
    extract::{self, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::JobId;

use crate::{
    announce,
    auth::Unscoped,
    body::{self, JsonBody},
    problem::Problem,
};

/// The only table whose rows concern us.
const TABLE: &str = "scheduled_jobs";

/// Seconds a caller is asked to wait when the bus does not answer.
const RETRY_AFTER_SECONDS: u16 = 5;

/// What the database tells, as Supabase words it; what else it says of the row does not count.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Told {
    /// Where the row is.
    table: Option<String>,
    /// The row, as it is now.
    record: Option<Row>,
    /// The row, as it was; of one that is gone there is no other.
    old_record: Option<Row>,
}

/// A row.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Row {
    /// The job's.
    id: JobId,
}

/// What was understood.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Heard {
    /// The job that will be looked at.
    job_id: JobId,
}

/// Wakes the reconciler for a row that somebody else wrote.
pub(crate) async fn changed(
    extract::State(unscoped): extract::State<Unscoped>,
    request: Request,
) -> Result<Response, Problem> {
    let state = unscoped.of_installation();
    let headers = request.headers().clone();
    let signed = signature::read(&state.webhook_keys, &headers, state.clock.now())?;
    let bytes = body::read(request, &()).await?;
    signed.check(&state.webhook_keys, &bytes)?;
    let job_id = row(JsonBody::read(&headers, bytes)?.value)?;
    if !announce::schedule(state, job_id).await {
        return Err(unheard());
    }
    Ok((StatusCode::ACCEPTED, Json(Heard { job_id })).into_response())
}

fn row(told: Told) -> Result<JobId, Problem> {
    if told.table.is_some_and(|table| table != TABLE) {
        return Err(Problem::field("table", "must be `scheduled_jobs`"));
    }
    let row = told.record.or(told.old_record);
    let row = row.ok_or_else(|| Problem::field("record", "is missing: the row, or its id"))?;
    Ok(row.id)
}

fn unheard() -> Problem {
    let detail =
        "the bus does not answer; try again, or wait: the reconciler finds the row within minutes";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into())
}
