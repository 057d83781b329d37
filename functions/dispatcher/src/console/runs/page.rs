//! `GET /console/runs/{id}`: all about a run, refreshed while it waits or works.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    domain::{Role, RunId, RunStatus},
    store::{
        run_costs::{self, RunCost},
        runs::{
            chain::{self, Link},
            read::{self, LogLine, RunView},
        },
    },
};

use super::{
    super::jobs::page::pretty,
    links::Linked,
    steps::{Step, steps},
};
use crate::{
    State,
    console::{
        guard::Visitor,
        jobs,
        moment::Moment,
        page::{self, RUNS, Shell},
        run_row::{self, Progress, origin, took},
        words::{Badge, Standing, advice, spaced},
    },
    problem::Problem,
    query::{Id, Query},
};

/// Lines of the log that are shown, the first ones; the API has the others.
const LINES: i64 = 1_000;
/// Runs before and after that are shown.
const LINKS: i64 = 50;
/// Attempts before and after that are shown; a job has at most 20 retries by itself.
const ATTEMPTS: i32 = 50;
/// Models a run may have paid for.
const COSTS: i64 = 20;

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
    lines: Vec<Line>,
    has_more_lines: bool,
    can_cancel: bool,
    is_dead: bool,
}

impl HtmlSafe for Live {}

struct Failure {
    kind: &'static str,
    message: String,
    advice: &'static str,
}

struct Line {
    at: Moment,
    level: String,
    segment: i32,
    message: String,
}

/// What is read of a run.
struct Facts {
    run: RunView,
    attempts: Vec<Link>,
    links: Vec<Link>,
    costs: Vec<RunCost>,
    lines: Vec<LogLine>,
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
    let facts = read(&state, id).await?;
    let title = format!("Run of {}", facts.run.job_name);
    let shell = Shell::new(&visitor, RUNS, title, now).with_notice(done);
    let live = Live::of(facts, &visitor, now);
    Ok(page::html(&RunPage { shell, id, live }))
}

/// Its part that changes.
///
/// # Errors
/// As the page.
pub(in crate::console) async fn live(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    let facts = read(&state, id).await?;
    let now = state.clock.now();
    Ok(page::html(&Live::of(facts, &visitor, now)))
}

async fn read(state: &State, id: RunId) -> Result<Facts, Problem> {
    let mut tx = state.db.begin().await?;
    let run = read::get(&mut tx, id).await?;
    let run = run.ok_or_else(|| Problem::missing("run"))?;
    let attempts = chain::attempts(&mut tx, id, ATTEMPTS).await?;
    let links = chain::links(&mut tx, id, LINKS).await?;
    let costs = run_costs::of_run(&mut tx, id, COSTS).await?;
    let lines = read::logs(&mut tx, id, 0, LINES + 1).await?;
    tx.commit().await?;
    Ok(Facts {
        run,
        attempts,
        links,
        costs,
        lines,
    })
}

impl Live {
    fn of(facts: Facts, visitor: &Visitor, now: DateTime<Utc>) -> Self {
        let Facts {
            run,
            attempts,
            links,
            costs,
            mut lines,
        } = facts;
        let most = usize::try_from(LINES).unwrap_or(usize::MAX);
        let has_more_lines = lines.len() > most;
        lines.truncate(most);
        let (above, below): (Vec<_>, Vec<_>) = links.iter().partition(|link| link.depth < 0);
        let linked = |link: &Link| Linked::of(link, run.id, now);
        let is_running = run.status == RunStatus::Running;
        let goes_on = matches!(run.status, RunStatus::Pending | RunStatus::Running);
        let progress = Progress::of(&run);
        let (counts, others) = reported(&run.metadata);
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
            steps: steps(&run, now),
            facts: told(&run),
            counts,
            others,
            error: Failure::of(&run),
            parameters: pretty(&run.parameters),
            attempts: attempts.iter().map(linked).collect(),
            above: above.into_iter().map(linked).collect(),
            below: below.into_iter().map(linked).collect(),
            costs,
            lines: lines.into_iter().map(Line::of).collect(),
            has_more_lines,
            can_cancel: goes_on && run.cancel_requested_at.is_none(),
            is_dead: is_dead(&run),
            progress: progress.filter(|_| goes_on),
            warnings: run.warnings,
            job_name: run.job_name,
        }
    }
}

/// Whether the run is a dead letter.
fn is_dead(run: &RunView) -> bool {
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
    vec![
        ("Wanted", origin(run).to_owned()),
        ("Attempt", run.attempt_number.to_string()),
        ("Segment", run.segment.to_string()),
        ("Revision of the job", run.job_revision.to_string()),
    ]
}

/// Figures by name, and what else the handler reported.
fn reported(metadata: &Value) -> (Vec<(String, String)>, Option<String>) {
    let fields = metadata.as_object().into_iter().flatten();
    let (counts, others): (Vec<_>, Vec<_>) = fields.partition(|(_, value)| value.is_number());
    let counts = counts
        .into_iter()
        .map(|(name, value)| (spaced(name), value.to_string()));
    let others: serde_json::Map<_, _> = others
        .into_iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let others = (!others.is_empty()).then(|| pretty(&Value::Object(others)));
    (counts.collect(), others)
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

impl Line {
    fn of(line: LogLine) -> Self {
        Self {
            at: Moment::exact(line.at),
            level: line.level,
            segment: line.segment,
            message: line.message,
        }
    }
}
