//! `POST /api/jobs/bulk`: one action on many jobs, each in a transaction of its own.
//!
//! What is refused for one job leaves the others alone; the answer tells what became of each. It may be repeated: a
//! run is asked for once for each job and `Idempotency-Key`.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{JobId, RunId, TokenScope},
    store::{jobs::browse, runs::request::Requested},
};
use tokio::time::timeout;

use super::{
    fields::Errors,
    switch::{self, Switch},
    version::IfMatch,
};
use crate::{
    State, access, announce,
    auth::Caller,
    body::JsonBody,
    idempotency::Key,
    problem::{self, Problem},
    runs::queue::{self, Asked},
};

/// Jobs of one request, of which each takes some milliseconds; also in the schema below.
const JOBS_MAX: usize = 200;

/// How long jobs are worked on. The function has 30 s, of which events may take [`announce::TIME`].
const TIME: Duration = Duration::from_secs(15);

/// After so many jobs in a row for which the database did not answer, it is not asked for others. One may wait for a lock
/// in vain.
const OUTAGES: u32 = 2;

/// What is done to each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BulkAction")]
pub(crate) enum Action {
    Pause,
    Resume,
    Archive,
    Run,
}

/// What to do, and to which jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkBody {
    pub(crate) action: Action,
    #[schemars(length(min = 1, max = 200), extend("uniqueItems" = true))]
    pub(crate) job_ids: Vec<JobId>,
    /// Of a pause.
    pub(crate) reason: Option<String>,
    /// When the pause ends by itself.
    pub(crate) until: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkResults")]
pub(crate) struct Results<'a> {
    /// One for each job, in the order of the request.
    results: Vec<ResultView<'a>>,
}

/// What became of a job, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BulkResult")]
struct ResultView<'a> {
    id: JobId,
    name: Option<&'a str>,
    outcome: Word,
    /// The run that was asked for, by this request or by the same one before.
    run_id: Option<RunId>,
    /// Why it was refused.
    problem: Option<problem::Body<'a>>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BulkOutcome")]
enum Word {
    Done,
    /// It was like that before.
    Unchanged,
    Refused,
}

/// What became of a job.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) id: JobId,
    /// `None`: the caller has no such job.
    pub(crate) name: Option<String>,
    pub(crate) became: Result<Became, Problem>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Became {
    Switched,
    /// It was like that before.
    Unchanged,
    Queued(RunId),
}

enum Act {
    Switch(Switch),
    Run,
}

/// Events that follow what was committed.
#[derive(Default)]
struct News {
    runs: Vec<Requested>,
    schedules: Vec<JobId>,
}

/// Does it, and tells what became of each job.
pub(crate) async fn act(
    state: State,
    Extension(caller): Extension<Caller>,
    key: Key,
    body: JsonBody<BulkBody>,
) -> Result<Response, Problem> {
    let outcomes = carry_out(&state, &caller, &key, &body.value).await?;
    let results = outcomes.iter().map(ResultView::of).collect();
    Ok(Json(Results { results }).into_response())
}

/// Does what is asked for to one job after another.
///
/// # Errors
/// 403 for a token that may not ask for runs; 422 for a request that cannot be used, of which nothing is done; when the database does not answer at all.
pub(crate) async fn carry_out(
    state: &State,
    caller: &Caller,
    key: &Key,
    body: &BulkBody,
) -> Result<Vec<Outcome>, Problem> {
    let scope = Some(TokenScope::Runs);
    if body.action == Action::Run && !caller.reaches(scope) {
        return Err(access::out_of_scope(scope, caller));
    }
    let act = act_of(body, state.clock.now())?;
    let mut tx = state.db.begin().await?;
    let known = browse::named(&mut tx, &body.job_ids, caller.organization()).await?;
    tx.commit().await?;
    let mut names: HashMap<_, _> = known.into_iter().map(|job| (job.id, job.name)).collect();

    let begun = Instant::now();
    let mut news = News::default();
    let mut outcomes = Vec::with_capacity(body.job_ids.len());
    let mut outages = 0;
    for id in body.job_ids.iter().copied() {
        let name = names.remove(&id);
        let left = TIME.saturating_sub(begun.elapsed());
        let became = if name.is_none() {
            Err(Problem::missing("job"))
        } else if left.is_zero() || outages == OUTAGES {
            Err(not_tried())
        } else {
            let became = timeout(left, one(state, caller, id, key, &act, &mut news)).await;
            let became = became.unwrap_or_else(|_| Err(not_tried()));
            let is_outage =
                matches!(&became, Err(it) if it.status() == StatusCode::SERVICE_UNAVAILABLE);
            outages = if is_outage { outages + 1 } else { 0 };
            became
        };
        outcomes.push(Outcome { id, name, became });
    }
    announce::runs(state, &news.runs).await;
    announce::schedules(state, &news.schedules).await;
    Ok(outcomes)
}

fn act_of(body: &BulkBody, now: DateTime<Utc>) -> Result<Act, Problem> {
    let mut errors = Errors::default();
    if !(1..=JOBS_MAX).contains(&body.job_ids.len()) {
        errors.add("job_ids", format!("must be 1 to {JOBS_MAX} jobs"));
    }
    let different: HashSet<_> = body.job_ids.iter().collect();
    if different.len() < body.job_ids.len() {
        errors.add("job_ids", "must name each job once");
    }
    let of_pauses = [
        ("reason", body.reason.is_some()),
        ("until", body.until.is_some()),
    ];
    for (field, is_given) in of_pauses {
        if is_given && body.action != Action::Pause {
            errors.add(field, "is for the action `pause`");
        }
    }
    errors.finish()?;
    Ok(match body.action {
        Action::Pause => {
            let (reason, until) = (body.reason.as_deref(), body.until.as_deref());
            Act::Switch(switch::pause_of(reason, until, now)?)
        }
        Action::Resume => Act::Switch(Switch::Resume),
        Action::Archive => Act::Switch(Switch::Archive),
        Action::Run => Act::Run,
    })
}

async fn one(
    state: &State,
    caller: &Caller,
    id: JobId,
    key: &Key,
    act: &Act,
    news: &mut News,
) -> Result<Became, Problem> {
    match act {
        Act::Switch(switch) => {
            let switched = switch::switched(state, caller, id, &IfMatch::default(), switch).await?;
            if !switched.is_changed {
                return Ok(Became::Unchanged);
            }
            news.schedules.push(id);
            Ok(Became::Switched)
        }
        Act::Run => match queue::of_job(state, caller, id, key.of_part(id.0), None).await? {
            Asked::Now(requested) => {
                news.runs.push(requested);
                Ok(Became::Queued(requested.run_id))
            }
            Asked::Before(requested) => Ok(Became::Queued(requested.run_id)),
        },
    }
}

/// There was no time left, or the database went away. What it was at work on may be done nevertheless.
fn not_tried() -> Problem {
    let detail = "the request ended before this job was done; send it again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-tried", detail)
}

impl<'a> ResultView<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let word = match &outcome.became {
            Ok(Became::Switched | Became::Queued(_)) => Word::Done,
            Ok(Became::Unchanged) => Word::Unchanged,
            Err(_) => Word::Refused,
        };
        let run_id = match &outcome.became {
            Ok(Became::Queued(run_id)) => Some(*run_id),
            _ => None,
        };
        Self {
            id: outcome.id,
            name: outcome.name.as_deref(),
            outcome: word,
            run_id,
            problem: outcome.became.as_ref().err().map(Problem::body),
        }
    }
}
