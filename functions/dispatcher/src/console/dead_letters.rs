//! `GET /console/dead-letters` and the retry batches: failures by their cause, cared for in bulk.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    domain::{
        BatchId, Role, RunId,
        fingerprint::{self, FailedRun, Group},
    },
    store::{
        Tx,
        retry_batches::{self, Batch},
        runs::dead::{self, Filter},
    },
};

use super::{
    form::Form,
    forms::landing,
    guard::Visitor,
    moment::Moment,
    page::{self, DEAD_LETTERS, Done, Shell},
    run_row,
    words::{advice, spaced},
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    problem::Problem,
    query::{Id, Query},
    runs::batches,
};

/// Dead letters that are grouped; the newest ones beyond are left out.
const GROUPED_MAX: i64 = 20_000;
/// Causes that are shown.
const CAUSES: usize = 100;
/// Runs of a cause that are shown one by one.
const RUNS_SHOWN: usize = 10;
/// Runs that one click cares for; what a batch holds.
const RUNS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "console/dead_letters.html")]
struct DeadLettersPage {
    shell: Shell,
    causes: Vec<Cause>,
    count: usize,
    is_complete: bool,
    /// What failed later is not meant by a click on this page.
    until: String,
}

struct Cause {
    fingerprint: String,
    job_type: String,
    kind: &'static str,
    pattern: String,
    advice: &'static str,
    count: usize,
    /// Those that one click cares for.
    clicked: usize,
    brands: usize,
    first_seen: Moment,
    last_seen: Moment,
    runs: Vec<(String, Moment, String)>,
}

#[derive(Template)]
#[template(path = "console/batch.html")]
struct BatchPage {
    shell: Shell,
    id: BatchId,
    live: BatchLive,
}

/// The part that is fetched anew while the batch goes on.
#[derive(Template)]
#[template(path = "console/batch_live.html")]
struct BatchLive {
    proof: String,
    batch: Batch,
    created_at: Moment,
    ended_at: Option<Moment>,
    is_active: bool,
    /// Whether it can be ended, and by this visitor.
    can_operate: bool,
    goes_on: bool,
}

impl HtmlSafe for BatchLive {}

/// The causes, the most frequent first.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let failed = failed(&mut tx, false).await?;
    tx.commit().await?;

    let count = failed.len();
    let mut groups = fingerprint::groups(failed);
    let is_complete =
        groups.len() <= CAUSES && i64::try_from(count).is_ok_and(|it| it < GROUPED_MAX);
    groups.truncate(CAUSES);
    let causes = groups.into_iter();
    let causes = causes.map(|(group, runs)| Cause::of(group, runs, now));
    Ok(page::html(&DeadLettersPage {
        shell: Shell::new(&visitor, DEAD_LETTERS, "Failures", now).with_notice(done),
        causes: causes.collect(),
        count,
        is_complete,
        until: now.to_rfc3339(),
    }))
}

async fn failed(tx: &mut Tx, is_idle: bool) -> sqlx::Result<Vec<FailedRun>> {
    let filter = Filter {
        is_idle,
        ..Filter::default()
    };
    dead::failures_of_all_brands(tx, filter, GROUPED_MAX).await
}

impl Cause {
    fn of(group: Group, mut runs: Vec<FailedRun>, now: DateTime<Utc>) -> Self {
        runs.sort_by_key(|run| std::cmp::Reverse(run.failed_at));
        runs.truncate(RUNS_SHOWN);
        let run = |run: FailedRun| {
            let at = Moment::seen_from(run.failed_at, now);
            (run_row::url(run.run_id), at, run.message.to_string())
        };
        Self {
            job_type: spaced(group.job_type.name()),
            kind: group.error_kind.name(),
            advice: advice(group.error_kind),
            pattern: group.pattern,
            count: group.count,
            clicked: group.count.min(RUNS_MAX),
            brands: group.brand_ids.len(),
            first_seen: Moment::seen_from(group.first_seen, now),
            last_seen: Moment::seen_from(group.last_seen, now),
            runs: runs.into_iter().map(run).collect(),
            fingerprint: group.fingerprint,
        }
    }
}

/// Acknowledges or retries the failures of one cause that the page knew of, those first that have waited longest.
///
/// # Errors
/// 409 when there are none; as the API's calls otherwise.
pub(super) async fn act(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    axum::extract::Path(cause): axum::extract::Path<String>,
) -> Result<Response, Problem> {
    let until = form.get("until").and_then(|it| it.parse().ok());
    let until: DateTime<Utc> = until.ok_or_else(|| Problem::field("until", "is missing"))?;
    let mut tx = state.db.begin().await?;
    let is_acknowledged = form.get("do") == Some("acknowledge");
    let mut groups = fingerprint::groups(failed(&mut tx, !is_acknowledged).await?).into_iter();
    let meant = groups.find(|(group, _)| group.fingerprint == cause);
    let mut runs = meant.map(|(_, runs)| runs).unwrap_or_default();
    runs.retain(|run| run.failed_at <= until);
    runs.sort_by_key(|run| (run.failed_at, run.run_id));
    runs.truncate(RUNS_MAX);
    let ids: Vec<_> = runs.iter().map(|run| run.run_id).collect();
    if ids.is_empty() {
        let detail =
            "no such failure is left: somebody cared for it meanwhile, or it waits for its retry";
        return Err(Problem::conflict("no-dead-letter", detail));
    }
    if is_acknowledged {
        return acknowledge(&state, tx, &ids, &caller).await;
    }
    tx.commit().await?;
    // What is no number is told as it is, so that a limit that cannot be read is refused and not left out.
    let number = |name: &str| {
        let text = form.get(name).map(str::trim).filter(|it| !it.is_empty());
        text.map(|it| it.parse::<i64>().map_or_else(|_| json!(it), |it| json!(it)))
    };
    let (rate, stop) = (number("rate_per_minute"), number("stop_after_failures"));
    let body = JsonBody::of(&json!({
        "run_ids": ids, "rate_per_minute": rate, "stop_after_failures": stop,
    }))?;
    let answer = batches::create(state, Extension(caller), body).await?;
    Ok(landing(&answer, "retried"))
}

/// All or none of them; one that was cared for meanwhile is left as it is.
async fn acknowledge(
    state: &State,
    mut tx: Tx,
    ids: &[RunId],
    caller: &Caller,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    for id in ids {
        dead::acknowledge(&mut tx, *id, &caller.name, now).await?;
    }
    tx.commit().await?;
    Ok(page::see_other("/console/dead-letters?done=acknowledged"))
}

/// How far a batch has come.
///
/// # Errors
/// 404 without such a batch; when the database does not answer.
pub(super) async fn batch(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<BatchId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let live = read_batch(&state, id, &visitor, now).await?;
    let shell = Shell::new(&visitor, DEAD_LETTERS, "Retry of failures", now).with_notice(done);
    Ok(page::html(&BatchPage { shell, id, live }))
}

/// The part of its page that changes.
///
/// # Errors
/// As the page.
pub(super) async fn batch_live(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<BatchId>,
) -> Result<Response, Problem> {
    let live = read_batch(&state, id, &visitor, state.clock.now()).await?;
    Ok(page::html(&live))
}

async fn read_batch(
    state: &State,
    id: BatchId,
    visitor: &Visitor,
    now: DateTime<Utc>,
) -> Result<BatchLive, Problem> {
    let mut tx = state.db.begin().await?;
    let batch = retry_batches::get(&mut tx, id).await?;
    tx.commit().await?;
    let batch = batch.ok_or_else(|| Problem::missing("batch"))?;
    let is_active = batch.status == "active";
    Ok(BatchLive {
        proof: visitor.proof.clone(),
        created_at: Moment::seen_from(batch.created_at, now),
        ended_at: batch.ended_at.map(|at| Moment::seen_from(at, now)),
        is_active,
        can_operate: is_active && visitor.caller.role >= Role::Operator,
        goes_on: is_active || batch.waiting > 0,
        batch,
    })
}

/// Ends a batch; what was released goes on.
///
/// # Errors
/// As the API.
pub(super) async fn cancel_batch(state: State, Id(id): Id<BatchId>) -> Result<Response, Problem> {
    drop(batches::cancel(state, Id(id)).await?);
    Ok(page::see_other(&format!("/console/retry-batches/{id}")))
}
