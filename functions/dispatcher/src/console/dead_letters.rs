//! `GET /console/dead-letters`: failures by their cause, cared for in bulk, and what was done about others lately.

pub(super) mod batch;
mod preview;
pub(super) mod undo;

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    domain::{
        RunId,
        fingerprint::{self, FailedRun, Group},
    },
    store::{
        Tx,
        retry_batches::{self, Listed},
        runs::{
            acknowledged::{self, Acknowledged},
            dead::{self, Filter},
        },
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
use crate::{State, auth::Caller, body::JsonBody, problem::Problem, query::Query, runs::batches};

/// Dead letters that are grouped; the newest ones beyond are left out.
const GROUPED_MAX: i64 = 20_000;
/// Causes that are shown.
const CAUSES: usize = 100;
/// Runs of a cause that are shown one by one.
const RUNS_SHOWN: usize = 10;
/// Batches, and what was acknowledged at once, that are shown.
const PAST_SHOWN: i64 = 5;
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
    batches: Vec<BatchRow>,
    acknowledged: Vec<AcknowledgedRow>,
}

/// A retry of many failures.
struct BatchRow {
    url: String,
    is_active: bool,
    at: Moment,
    batch: Listed,
}

/// What somebody acknowledged at once.
struct AcknowledgedRow {
    at: Moment,
    /// Names it in the form that takes it back.
    exactly: String,
    it: Acknowledged,
}

struct Cause {
    fingerprint: String,
    job_type: String,
    kind: &'static str,
    pattern: String,
    advice: &'static str,
    count: usize,
    /// Those that one click acknowledges.
    clicked: usize,
    /// Those that one click retries.
    retried: usize,
    brands: usize,
    first_seen: Moment,
    last_seen: Moment,
    runs: Vec<(String, Moment, String)>,
}

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
    let batches = retry_batches::newest(&mut tx, PAST_SHOWN).await?;
    let acknowledged = acknowledged::newest_of_all_brands(&mut tx, PAST_SHOWN).await?;
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
        batches: batches
            .into_iter()
            .map(|it| BatchRow::of(it, now))
            .collect(),
        acknowledged: acknowledged
            .into_iter()
            .map(|it| AcknowledgedRow::of(it, now))
            .collect(),
    }))
}

impl BatchRow {
    fn of(batch: Listed, now: DateTime<Utc>) -> Self {
        Self {
            url: batch::url(batch.id),
            is_active: batch.status == "active",
            at: Moment::seen_from(batch.created_at, now),
            batch,
        }
    }
}

impl AcknowledgedRow {
    fn of(it: Acknowledged, now: DateTime<Utc>) -> Self {
        Self {
            at: Moment::seen_from(it.at, now),
            exactly: it.at.to_rfc3339(),
            it,
        }
    }
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
        let idle = runs.iter().filter(|run| run.is_idle).count();
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
            retried: idle.min(RUNS_MAX),
            brands: group.brand_ids.len(),
            first_seen: Moment::seen_from(group.first_seen, now),
            last_seen: Moment::seen_from(group.last_seen, now),
            runs: runs.into_iter().map(run).collect(),
            fingerprint: group.fingerprint,
        }
    }
}

/// Acknowledges, previews or retries the failures of one cause that the page knew of, those first that have waited longest.
///
/// # Errors
/// 409 when there are none; as the API's calls otherwise.
pub(super) async fn act(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    axum::extract::Path(cause): axum::extract::Path<String>,
) -> Result<Response, Problem> {
    let until = form.get("until").and_then(|it| it.parse().ok());
    let until: DateTime<Utc> = until.ok_or_else(|| Problem::field("until", "is missing"))?;
    let mut tx = state.db.begin().await?;
    let is_acknowledged = form.get("do") == Some("acknowledge");
    let groups = fingerprint::groups(failed(&mut tx, !is_acknowledged).await?);
    let mut meant = groups.into_iter().filter(|(it, _)| it.fingerprint == cause);
    let (group, mut runs) = meant.next().ok_or_else(nothing_left)?;
    runs.retain(|run| run.failed_at <= until);
    runs.sort_by_key(|run| (run.failed_at, run.run_id));
    runs.truncate(RUNS_MAX);
    let ids: Vec<_> = runs.iter().map(|run| run.run_id).collect();
    if ids.is_empty() {
        return Err(nothing_left());
    }
    match form.get("do") {
        Some("acknowledge") => acknowledge(&state, tx, &ids, &caller).await,
        Some("preview") => preview::show(&state, tx, &visitor, &form, (&group, &ids)).await,
        _ => {
            tx.commit().await?;
            retry(state, caller, &form, &ids).await
        }
    }
}

fn nothing_left() -> Problem {
    let detail = "no such failure is left: somebody cared for it meanwhile, it waits for its retry, or its job is archived";
    Problem::conflict("no-dead-letter", detail)
}

async fn retry(
    state: State,
    caller: Caller,
    form: &Form,
    ids: &[RunId],
) -> Result<Response, Problem> {
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
