//! `GET /api/dead-letters`, and `POST /api/runs/{id}/acknowledge`, `…/unacknowledge` and `…/retry`.

use axum::{Extension, Json, response::Response};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    domain::{
        RunId, RunStatus,
        fingerprint::{self, Group},
    },
    store::{
        Tx,
        jobs::ledger,
        runs::{
            acknowledged,
            dead::{self, Filter, Place, Retry},
            read,
            request::Requested,
        },
    },
};

use super::{
    queue::{accept, answer},
    view::RunView,
};
use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    jobs::{fields, switch::EmptyBody},
    problem::Problem,
    query::{self, Id, Owners, Query, is_full, place},
};

/// Dead letters in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;

/// Dead letters that are grouped; the newest ones beyond are left out.
pub(crate) const GROUPED_MAX: i64 = 20_000;

/// The answer of the list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum DeadLetters {
    Runs {
        runs: Vec<RunView>,
        /// Ask with `after=` this for what comes next; null at the end.
        next_after: Option<String>,
    },
    Groups {
        groups: Vec<Group>,
        /// Whether every dead letter was counted, and every group shown; false, too, of as many as are counted at most.
        is_complete: bool,
    },
}

/// By what dead letters may be grouped.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grouping {
    Fingerprint,
}

/// What a retry may say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryBody {
    /// Replaces members of the failed run's parameters; `null` takes one away.
    parameters: Option<Map<String, Value>>,
}

/// Failed runs that nobody has retried or acknowledged, those first that have waited longest; or with
/// `group=fingerprint` their `limit` most frequent causes.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<DeadLetters>, Problem> {
    let Owners {
        brand_id,
        is_platform,
    } = query.owners()?;
    let filter = Filter {
        job_id: query.id("job_id")?,
        brand_id,
        is_platform,
        job_type: query.word("job_type")?,
        error_kind: query.word("error_kind")?,
        ..Filter::default()
    };
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let grouping: Option<Grouping> = query.word("group")?;
    let after = query.place("after")?;
    query.finish()?;
    if grouping.is_some() && after.is_some() {
        return Err(Problem::address("after", "goes without group"));
    }

    let mut tx = state.db.begin().await?;
    if let Some(Grouping::Fingerprint) = grouping {
        return grouped(&mut tx, filter, limit).await.map(Json);
    }
    let after = after.map(|(failed_at, id)| Place {
        failed_at,
        id: RunId(id),
    });
    let runs = dead::list_of_all_brands(&mut tx, filter, after, limit + 1).await?;
    tx.commit().await?;
    let now = state.clock.now();
    let (runs, next_after) = query::page(runs, limit, |run| {
        run.completed_at.map(|at| place(at, run.id.0))
    });
    let runs = runs.into_iter().map(|run| RunView::at(now, run)).collect();
    let next_after = next_after.flatten();
    Ok(Json(DeadLetters::Runs { runs, next_after }))
}

/// The `limit` most frequent causes.
async fn grouped(tx: &mut Tx, filter: Filter, limit: i64) -> Result<DeadLetters, Problem> {
    let groups = fingerprint::groups(dead::failures_of_all_brands(tx, filter, GROUPED_MAX).await?);
    let groups = groups.into_iter();
    let mut groups: Vec<_> = groups.map(|(group, _)| group).collect();
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let counted: usize = groups.iter().map(|it| it.count).sum();
    let is_complete = !is_full(counted, GROUPED_MAX) && groups.len() <= shown;
    groups.truncate(shown);
    Ok(DeadLetters::Groups {
        groups,
        is_complete,
    })
}

/// Notes that a failure needs no more care. May be repeated.
pub(crate) async fn acknowledge(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<Json<RunView>, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let is_noted = dead::acknowledge(&mut tx, id, &caller.name, now).await?;
    let run = get(&mut tx, id).await?;
    if !is_noted {
        return Err(no_dead_letter(&run));
    }
    tx.commit().await?;
    Ok(Json(RunView::at(now, run)))
}

/// Takes back that a failure needs no more care. May be repeated.
pub(crate) async fn unacknowledge(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
    _: OptionalJsonBody<EmptyBody>,
) -> Result<Json<RunView>, Problem> {
    let mut tx = state.db.begin().await?;
    acknowledged::take_back_one(&mut tx, id).await?;
    let run = get(&mut tx, id).await?;
    if !is_dead_letter(&run) {
        return Err(no_dead_letter(&run));
    }
    tx.commit().await?;
    tracing::info!(run.id = %id, by = caller.name, "an acknowledgement was taken back");
    Ok(Json(RunView::at(state.clock.now(), run)))
}

/// Queues the next attempt of a failed run. Repeated, it answers the same attempt.
pub(crate) async fn retry(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<RunId>,
    OptionalJsonBody(JsonBody { value: body, .. }): OptionalJsonBody<RetryBody>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let run = get(&mut tx, id).await?;
    ledger::lock(&mut tx, run.job_id).await?;
    let run = get(&mut tx, id).await?;
    if let Some(next) = run.retry_run_id {
        return Ok(answer(known(&mut tx, next).await?));
    }
    let parameters = body.parameters.map(|patch| patched(&run, patch));
    let parameters = parameters.transpose()?;
    match insert(&mut tx, id, &caller, parameters.as_ref(), now).await? {
        Some(requested) => {
            tx.commit().await?;
            Ok(accept(&state, requested).await)
        }
        None => Err(no_dead_letter(&run)),
    }
}

async fn insert(
    tx: &mut Tx,
    run_id: RunId,
    caller: &Caller,
    parameters: Option<&Value>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Requested>> {
    let by = &caller.name;
    let retry = Retry {
        run_id,
        by,
        parameters,
        now,
    };
    dead::retry(tx, retry).await
}

/// A failed run's parameters with some members replaced.
fn patched(run: &read::RunView, patch: Map<String, Value>) -> Result<Value, Problem> {
    let mut parameters = run.parameters.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        if value.is_null() {
            parameters.remove(&name);
        } else {
            parameters.insert(name, value);
        }
    }
    let parameters = Value::Object(parameters);
    fields::parameters(run.job_type, &parameters).map_err(|error| Problem::fields(vec![error]))?;
    Ok(parameters)
}

async fn known(tx: &mut Tx, id: RunId) -> Result<Requested, Problem> {
    let run = get(tx, id).await?;
    Ok(Requested {
        run_id: run.id,
        job_id: run.job_id,
        job_type: run.job_type,
        status: run.status,
    })
}

/// Whether it failed and was not retried.
fn is_dead_letter(run: &read::RunView) -> bool {
    run.status == RunStatus::Failed && run.retry_run_id.is_none()
}

/// Refuses a run that cannot be retried.
///
/// # Errors
/// 409 for one that did not fail, or that was retried, or whose job is archived.
pub(crate) fn expect_retriable(run: &read::RunView) -> Result<(), Problem> {
    let can_be_retried = is_dead_letter(run) && !run.is_job_archived;
    can_be_retried
        .then_some(())
        .ok_or_else(|| no_dead_letter(run))
}

/// 409 for a run that cannot be retried or acknowledged.
fn no_dead_letter(run: &read::RunView) -> Problem {
    let detail = match (run.status, run.retry_run_id) {
        (RunStatus::Failed, Some(next)) => {
            format!("the run was retried; run {next} is what counts")
        }
        (RunStatus::Failed, None) => "its job is archived and runs no more".to_owned(),
        (status, _) => format!("only a failed run has something to care for; this one is {status}"),
    };
    Problem::conflict("no-dead-letter", detail)
}

async fn get(tx: &mut Tx, id: RunId) -> Result<read::RunView, Problem> {
    read::get(tx, id)
        .await?
        .ok_or_else(|| Problem::missing("run"))
}
