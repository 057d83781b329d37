//! `POST /console/jobs/bulk`: what the API's call of this name does, by a form: to the jobs that are ticked in the list.
//!
//! To pause and to archive take a second step, which names the jobs and asks for what else there is to say.

use askama::Template;
use axum::{
    Extension,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    domain::{JobStatus, schedule::Zone},
    store::jobs::browse::{self, Named},
};

use crate::{
    State,
    body::JsonBody,
    console::{
        form::Form,
        forms::moment_of,
        guard::Visitor,
        page::{self, JOBS, Shell},
        run_row,
        words::{Badge, job_badge},
    },
    idempotency::Key,
    jobs::bulk::{self, Action, Became, BulkBody, Outcome},
    problem::{FieldError, Problem},
};

/// The second step.
#[derive(Template)]
#[template(path = "console/jobs_step.html")]
struct StepPage {
    shell: Shell,
    is_pause: bool,
    jobs: Vec<Shown>,
    /// How many of them are paused.
    paused: usize,
    reason: String,
    until: String,
    zone: String,
    query: String,
    errors: Vec<FieldError>,
}

struct Shown {
    id: String,
    url: String,
    name: String,
    badge: Badge,
}

#[derive(Template)]
#[template(path = "console/jobs_done.html")]
struct DonePage {
    shell: Shell,
    /// What follows from it.
    hint: &'static str,
    done: Vec<Done>,
    refused: Vec<Refused>,
    query: String,
}

struct Done {
    url: String,
    name: String,
    run_url: Option<String>,
}

struct Refused {
    /// Of a job that is there.
    url: Option<String>,
    name: String,
    why: String,
}

/// Does it and tells what became of each job, or asks first.
///
/// # Errors
/// As the API; 422 when no job is ticked.
pub(in crate::console) async fn act(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    if form.all("job").is_empty() {
        let detail = "No job is ticked. Go back, and tick those that it is for.";
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no-job",
            detail,
        ));
    }
    let has_step = matches!(form.get("do"), Some("pause" | "archive"));
    if has_step && form.get("confirmed").is_none() {
        return step(&state, &visitor, &form, vec![]).await;
    }
    match carry_out(&state, &visitor, &form).await {
        Ok((action, outcomes)) => {
            let now = state.clock.now();
            Ok(page::html(&done_page(
                &visitor, &form, action, outcomes, now,
            )))
        }
        Err(problem) if has_step && problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let page = step(&state, &visitor, &form, problem.told().errors).await?;
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn carry_out(
    state: &State,
    visitor: &Visitor,
    form: &Form,
) -> Result<(Action, Vec<Outcome>), Problem> {
    let until = match form.get("until") {
        None => None,
        Some(text) => Some(moment_of(text, zone(form)?)),
    };
    let body = body(form, form.get("reason"), until)?;
    // Only a run needs a key, and its form has one: the rest may be repeated.
    let key = match body.action {
        Action::Run => form.get("key").unwrap_or_default(),
        _ => "none",
    };
    let key = Key::given(key, Uri::from_static("/api/jobs/bulk"))?;
    let outcomes = bulk::carry_out(state, &visitor.caller, &key, &body).await?;
    Ok((body.action, outcomes))
}

fn zone(form: &Form) -> Result<Zone, Problem> {
    let zone = form.get("timezone").unwrap_or_default().parse();
    let detail = "must be an IANA name, as in America/Los_Angeles";
    zone.map_err(|_| Problem::field("timezone", detail))
}

/// What the form asks for, checked as JSON is.
fn body(form: &Form, reason: Option<&str>, until: Option<String>) -> Result<BulkBody, Problem> {
    let body = JsonBody::of(&json!({
        "action": form.get("do"), "job_ids": form.all("job"), "reason": reason, "until": until,
    }))?;
    Ok(body.value)
}

/// The page that asks.
async fn step(
    state: &State,
    visitor: &Visitor,
    form: &Form,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let body = body(form, None, None)?;
    let mut tx = state.db.begin().await?;
    let jobs = browse::named(&mut tx, &body.job_ids, visitor.caller.organization()).await?;
    tx.commit().await?;
    if jobs.is_empty() {
        return Err(Problem::missing("job"));
    }
    let is_pause = body.action == Action::Pause;
    let verb = if is_pause { "Pause" } else { "Archive" };
    let title = format!("{verb} {}?", counted(jobs.len()));
    let entered = |name| form.get(name).unwrap_or_default().to_owned();
    Ok(page::html(&StepPage {
        shell: Shell::new(visitor, JOBS, title, state.clock.now()),
        is_pause,
        reason: entered("reason"),
        until: entered("until"),
        zone: form
            .get("timezone")
            .map_or_else(|| common_zone(&jobs), str::to_owned),
        paused: jobs
            .iter()
            .filter(|job| job.status == JobStatus::Paused)
            .count(),
        jobs: jobs.into_iter().map(Shown::of).collect(),
        query: entered("query"),
        errors,
    }))
}

/// The zone of all of them, or else UTC.
fn common_zone(jobs: &[Named]) -> String {
    let mut zones = jobs.iter().map(|job| job.timezone.as_str());
    let first = zones.next().unwrap_or("UTC");
    let zone = if zones.all(|zone| zone == first) {
        first
    } else {
        "UTC"
    };
    zone.to_owned()
}

fn done_page(
    visitor: &Visitor,
    form: &Form,
    action: Action,
    outcomes: Vec<Outcome>,
    now: DateTime<Utc>,
) -> DonePage {
    let count = outcomes.len();
    let (mut done, mut refused) = (vec![], vec![]);
    for outcome in outcomes {
        match sorted(action, outcome) {
            Ok(it) => done.push(it),
            Err(it) => refused.push(it),
        }
    }
    let (word, hint) = words(action);
    let title = if refused.is_empty() {
        format!("{word} {}", counted(count))
    } else {
        format!("{word} {} of {}", done.len(), counted(count))
    };
    DonePage {
        shell: Shell::new(visitor, JOBS, title, now),
        hint,
        done,
        refused,
        query: form.get("query").unwrap_or_default().to_owned(),
    }
}

fn sorted(action: Action, outcome: Outcome) -> Result<Done, Refused> {
    let url = super::url(outcome.id);
    let is_known = outcome.name.is_some();
    let name = outcome.name.unwrap_or_else(|| outcome.id.to_string());
    let why = match (outcome.became, action) {
        (Ok(Became::Switched), _) => {
            let run_url = None;
            return Ok(Done { url, name, run_url });
        }
        (Ok(Became::Queued(run)), _) => {
            let run_url = Some(run_row::url(run));
            return Ok(Done { url, name, run_url });
        }
        (Ok(Became::Unchanged), Action::Archive) => "it is archived already".to_owned(),
        (Ok(Became::Unchanged), Action::Pause) => "it is paused like this already".to_owned(),
        (Ok(Became::Unchanged), _) => "it is not paused".to_owned(),
        (Err(problem), _) => problem.told().detail,
    };
    let url = is_known.then_some(url);
    Err(Refused { url, name, why })
}

const fn words(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Pause => (
            "Paused",
            "Fire times are recorded as skipped until the jobs go on. Runs at work go on.",
        ),
        Action::Resume => (
            "Resumed",
            "The jobs run again from their next fire times on.",
        ),
        Action::Archive => (
            "Archived",
            "The jobs fire no more, and what waited to run is cancelled. Runs at work go on.",
        ),
        Action::Run => (
            "Queued a run of",
            "Each starts as soon as a function takes it. The jobs' schedules stay as they are.",
        ),
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 job".to_owned(),
        count => format!("{count} jobs"),
    }
}

impl Shown {
    fn of(job: Named) -> Self {
        Self {
            id: job.id.to_string(),
            url: super::url(job.id),
            badge: job_badge(job.status),
            name: job.name,
        }
    }
}
