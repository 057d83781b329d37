//! `GET /api/runs`, `GET /api/runs/{id}`, its log, and `POST /api/runs/{id}/cancel`.

use axum::{
    Extension, Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{RunId, RunStatus},
    store::{
        Tx, datasets, run_costs,
        runs::{
            read::{self, Filter, LogLine},
            request,
        },
    },
};

use super::view::RunView;
use crate::{
    State,
    auth::Caller,
    problem::Problem,
    query::{Id, Owners, Query, is_full, place},
};

/// Runs in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;
/// Models a run may have paid for.
pub(crate) const COSTS: i64 = 20;
/// Datasets that a run may refresh, over all its segments.
pub(crate) const STEPS: i64 = 200;
/// Lines of a log in one answer.
pub(crate) const LINES_MAX: i64 = 1_000;
pub(crate) const LINES_DEFAULT: i64 = 200;

/// The answer of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Runs {
    runs: Vec<RunView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// The answer about a log.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Log {
    run_id: RunId,
    status: RunStatus,
    lines: Vec<Line>,
    /// Ask with `?after=` this for what comes next.
    next_after: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    id: i64,
    segment: i32,
    at: DateTime<Utc>,
    level: String,
    message: String,
}

/// One run.
pub(crate) async fn one(state: State, Id(id): Id<RunId>) -> Result<Json<RunView>, Problem> {
    let mut tx = state.db.begin().await?;
    let run = get(&mut tx, id).await?;
    let costs = run_costs::of_run(&mut tx, id, COSTS).await?;
    let steps = datasets::steps_of_run(&mut tx, id, STEPS).await?;
    tx.commit().await?;
    let now = state.clock.now();
    Ok(Json(RunView::in_full(now, run, costs, steps)))
}

/// Runs that pass a filter, newest first.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<Runs>, Problem> {
    let Owners {
        brand_id,
        is_platform,
    } = query.owners()?;
    let filter = Filter {
        job_id: query.id("job_id")?,
        brand_id,
        is_platform,
        job_type: query.word("job_type")?,
        status: query.word("status")?,
        since: query.moment("since")?,
        until: query.moment("until")?,
        after: query.place("after")?,
    };
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let runs = read::list_of_all_brands(&mut tx, filter, limit).await?;
    tx.commit().await?;
    let now = state.clock.now();
    let last = runs.last().map(|run| place(run.created_at, run.id.0));
    Ok(Json(Runs {
        next_after: last.filter(|_| is_full(runs.len(), limit)),
        runs: runs.into_iter().map(|run| RunView::at(now, run)).collect(),
    }))
}

/// What a run said, oldest line first.
pub(crate) async fn logs(
    state: State,
    Id(id): Id<RunId>,
    mut query: Query,
) -> Result<Json<Log>, Problem> {
    let after = query.number("after", 0..=i64::MAX, 0)?;
    let limit = query.number("limit", 1..=LINES_MAX, LINES_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    let run = get(&mut tx, id).await?;
    let lines = read::logs(&mut tx, id, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Log {
        run_id: id,
        status: run.status,
        next_after: lines.last().map_or(after, |line| line.id),
        lines: lines.into_iter().map(Line::from).collect(),
    }))
}

/// Asks a run to stop: 200 when it will not run, 202 when it stops at its next safe point.
pub(crate) async fn cancel(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    request::cancel(&mut tx, id, &caller.name, now).await?;
    let run = get(&mut tx, id).await?;
    tx.commit().await?;
    let status = match run.status {
        RunStatus::Cancelled => StatusCode::OK,
        RunStatus::Pending | RunStatus::Running => StatusCode::ACCEPTED,
        ended @ (RunStatus::Completed | RunStatus::Failed | RunStatus::Skipped) => {
            let detail = format!("the run has ended: it is {ended}");
            return Err(Problem::conflict("run-ended", detail));
        }
    };
    Ok((status, Json(RunView::at(now, run))).into_response())
}

async fn get(tx: &mut Tx, id: RunId) -> Result<read::RunView, Problem> {
    read::get(tx, id)
        .await?
        .ok_or_else(|| Problem::missing("run"))
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        Self {
            id: line.id,
            segment: line.segment,
            at: line.at,
            level: line.level,
            message: line.message,
        }
    }
}
