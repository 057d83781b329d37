//! `GET /console/runs/{id}`: all about a run, refreshed while it waits or works.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    domain::{Role, RunId, RunStatus},
    store::{
        Tx,
        datasets::{self, RunStep},
        logs::{self, Segment},
        run_costs::{self, RunCost},
        runs::{
            chain::{self, Link},
            read::{self, RunView},
        },
    },
};

use super::{
    super::jobs::page::pretty,
    links::Linked,
    log::{self, Log},
    steps::{Step, steps},
};
use crate::{
    State,
    console::{
        guard::Visitor,
        jobs,
        page::{self, RUNS, Shell},
        run_row::{self, Progress, origin, took},
        words::{Badge, Standing, advice, spaced},
    },
    problem::Problem,
    query::{Id, Query},
    runs::{
        chain::{ATTEMPTS, LINKS},
        read::{COSTS, STEPS},
    },
};

/// Lines of the log of a run with several segments that are looked at for their moments.
const LINES: i64 = 10_000;

#[derive(Template)]
#[template(path = "console/run.html")]
struct RunPage {
    shell: Shell,
    id: RunId,
    live: Live,
}

/// The part that is fetched anew while the run waits or works.
#[derive(Template)]
#[template(path = "console/run_live.html")]
struct Live {
    url: String,
    proof: String,
    can_operate: bool,
    job_url: String,
    job_name: String,
    job_type: String,
    badge: Badge,
    /// Said aloud when it changes.
    said: String,
    goes_on: bool,
    progress: Option<Progress>,
    took: Option<String>,
    since: Option<String>,
    steps: Vec<Step>,
    facts: Vec<(&'static str, String)>,
    counts: Vec<(String, String)>,
    others: Option<String>,
    warnings: Vec<String>,
    error: Option<Failure>,
    parameters: String,
    attempts: Vec<Linked>,
    above: Vec<Linked>,
    below: Vec<Linked>,
    costs: Vec<RunCost>,
    log: Log,
    can_cancel: bool,
    /// Whether the run is a dead letter.
    is_open: bool,
    can_retry: bool,
}

impl HtmlSafe for Live {}

struct Failure {
    kind: &'static str,
    message: String,
    advice: &'static str,
}

/// What is read of a run.
struct Facts {
    run: RunView,
    attempts: Vec<Link>,
    links: Vec<Link>,
    costs: Vec<RunCost>,
    segments: Vec<Segment>,
    datasets: Vec<RunStep>,
    log: Log,
}

/// The page.
///
/// # Errors
/// 404 without such a run; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<RunId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let facts = read(&state, id, None).await?;
    let title = format!("Run of {}", facts.run.job_name);
    let shell = Shell::new(&visitor, RUNS, title, now).with_notice(done);
    let live = Live::of(facts, &visitor, now);
    Ok(page::html(&RunPage { shell, id, live }))
}

/// Its part that changes. Of the log, what follows the line `after` that is shown already.
///
/// # Errors
/// As the page.
pub(in crate::console) async fn live(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<RunId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let after = query.number("after", 0..=i64::MAX, 0)?;
    query.finish()?;
    let facts = read(&state, id, Some(after)).await?;
    let now = state.clock.now();
    Ok(page::html(&Live::of(facts, &visitor, now)))
}

async fn read(state: &State, id: RunId, after: Option<i64>) -> Result<Facts, Problem> {
    let mut tx = state.db.begin().await?;
    let run = read::get(&mut tx, id).await?;
    let run = run.ok_or_else(|| Problem::missing("run"))?;
    let attempts = chain::attempts(&mut tx, id, ATTEMPTS).await?;
    let links = chain::links(&mut tx, id, LINKS).await?;
    let costs = run_costs::of_run(&mut tx, id, COSTS).await?;
    let segments = match run.segment {
        1 => vec![],
        _ => segments(&mut tx, id).await?,
    };
    let datasets = datasets::steps_of_run(&mut tx, id, STEPS).await?;
    let log = log::newest(&mut tx, id, after, goes_on(&run)).await?;
    tx.commit().await?;
    Ok(Facts {
        run,
        attempts,
        links,
        costs,
        segments,
        datasets,
        log,
    })
}

/// The segments of which all lines were looked at.
async fn segments(tx: &mut Tx, id: RunId) -> sqlx::Result<Vec<Segment>> {
    let mut segments = logs::segments(tx, id, LINES).await?;
    if segments.iter().map(|it| it.lines).sum::<i64>() == LINES {
        segments.pop();
    }
    Ok(segments)
}

impl Live {
    fn of(facts: Facts, visitor: &Visitor, now: DateTime<Utc>) -> Self {
        let Facts {
            run,
            attempts,
            links,
            costs,
            segments,
            datasets,
            log,
        } = facts;
        let (above, below): (Vec<_>, Vec<_>) = links.iter().partition(|link| link.depth < 0);
        let linked = |link: &Link| Linked::of(link, run.id, now);
        let is_running = run.status == RunStatus::Running;
        let goes_on = goes_on(&run);
        let is_open = is_open(&run);
        let progress = Progress::of(&run);
        let counts = run_row::counts(&run.metadata);
        let others = others(&run.metadata);
        Self {
            url: run_row::url(run.id),
            proof: visitor.proof.clone(),
            can_operate: visitor.caller.role >= Role::Operator,
            job_url: jobs::url(run.job_id),
            job_type: spaced(run.job_type.name()),
            badge: Standing::of(&run, now).badge(),
            said: said(&run, progress.as_ref()),
            goes_on,
            took: took(run.started_at, run.completed_at, now),
            since: run
                .started_at
                .filter(|_| is_running)
                .map(|at| at.to_rfc3339()),
            steps: steps(&run, &segments, &datasets, now),
            facts: told(&run),
            counts,
            others,
            error: Failure::of(&run),
            parameters: pretty(&run.parameters),
            attempts: attempts.iter().map(linked).collect(),
            above: above.into_iter().map(linked).collect(),
            below: below.into_iter().map(linked).collect(),
            costs,
            log,
            can_cancel: goes_on && run.cancel_requested_at.is_none(),
            is_open,
            can_retry: is_open && !run.is_job_archived,
            progress: progress.filter(|_| goes_on),
            warnings: run.warnings,
            job_name: run.job_name,
        }
    }
}

fn goes_on(run: &RunView) -> bool {
    matches!(run.status, RunStatus::Pending | RunStatus::Running)
}

fn is_open(run: &RunView) -> bool {
    let is_cared_for = run.retry_run_id.is_some() || run.acknowledged_at.is_some();
    run.status == RunStatus::Failed && !is_cared_for
}

fn said(run: &RunView, progress: Option<&Progress>) -> String {
    match progress {
        Some(progress) if run.status == RunStatus::Running => {
            format!("The run is running: {}", progress.text)
        }
        _ => format!("The run is {}", run.status),
    }
}

fn told(run: &RunView) -> Vec<(&'static str, String)> {
    let mut told = vec![
        ("Wanted", origin(run).to_owned()),
        ("Attempt", run.attempt_number.to_string()),
        ("Segment", run.segment.to_string()),
        ("Revision of the job", run.job_revision.to_string()),
    ];
    if run.snoozes > 0 {
        told.push(("Asked to wait", times(run.snoozes)));
    }
    if run.is_job_archived {
        let runs_no_more = "archived: no run of it is retried";
        told.push(("Its job", runs_no_more.to_owned()));
    }
    told
}

fn times(count: i32) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// What the handler reported beside figures.
fn others(metadata: &Value) -> Option<String> {
    let fields = metadata.as_object().into_iter().flatten();
    let others = fields.filter(|(_, value)| !value.is_number());
    let others: serde_json::Map<_, _> = others
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!others.is_empty()).then(|| pretty(&Value::Object(others)))
}

impl Failure {
    fn of(run: &RunView) -> Option<Self> {
        run.error_kind.map(|kind| Self {
            kind: kind.name(),
            message: run.error_message.clone().unwrap_or_default(),
            advice: advice(kind),
        })
    }
}
