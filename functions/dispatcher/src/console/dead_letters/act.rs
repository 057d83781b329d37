//! `POST /console/dead-letters/{cause}`: the failures of one cause are acknowledged or retried.

use axum::{Extension, extract::Path, response::Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    domain::{RunId, fingerprint},
    store::{
        Tx,
        runs::dead::{self, Filter},
    },
};

use super::{chosen, preview};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    console::{form::Form, forms::landing, guard::Visitor, page},
    problem::Problem,
    query::Query,
    runs::{batches, dead::GROUPED_MAX},
};

/// Runs that one click cares for; what a batch holds.
pub(super) const RUNS_MAX: usize = 1_000;

/// Acknowledges, previews or retries the failures of one cause that the page knew of, those first that have waited longest.
///
/// # Errors
/// 409 when there are none; as the API's calls otherwise.
pub(in crate::console) async fn act(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Path(cause): Path<String>,
    mut query: Query,
) -> Result<Response, Problem> {
    let filter = chosen::read(&mut query)?;
    query.finish()?;
    let until = form.get("until").and_then(|it| it.parse().ok());
    let until: DateTime<Utc> = until.ok_or_else(|| Problem::field("until", "is missing"))?;
    let mut tx = state.db.begin().await?;
    let meant = Filter {
        is_idle: form.get("do") != Some("acknowledge"),
        ..filter
    };
    let failures = dead::failures_of_all_brands(&mut tx, meant, GROUPED_MAX).await?;
    let mut groups = fingerprint::groups(failures).into_iter();
    let found = groups.find(|(it, _)| it.fingerprint == cause);
    let (group, words) = found.ok_or_else(nothing_left)?;
    let runs = words.iter().flat_map(|it| &it.runs);
    let mut runs: Vec<_> = runs.filter(|run| run.failed_at <= until).collect();
    runs.sort_by_key(|run| (run.failed_at, run.run_id));
    runs.truncate(RUNS_MAX);
    let ids: Vec<_> = runs.iter().map(|run| run.run_id).collect();
    if ids.is_empty() {
        return Err(nothing_left());
    }
    match form.get("do") {
        Some("acknowledge") => {
            acknowledge(&state, tx, &ids, &caller).await?;
            let query = chosen::query(&filter, Some("acknowledged"));
            Ok(page::see_other(&format!("/console/dead-letters{query}")))
        }
        Some("preview") => {
            let query = chosen::query(&filter, None);
            preview::show(&state, tx, (&visitor, &form), query, (&group, &ids)).await
        }
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
) -> Result<(), Problem> {
    let now = state.clock.now();
    for id in ids {
        dead::acknowledge(&mut tx, *id, &caller.name, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
