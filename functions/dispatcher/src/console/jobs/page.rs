//! `GET /console/jobs/{id}`: all about a job, its runs, its changes, its next fire times.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::{
    domain::{JobId, JobStatus, schedule::Lint, timing::ScheduleType},
    store::{
        jobs::{
            Job,
            changes::{self, Change},
            read,
            seen_rules::{self, SeenRule},
        },
        runs::read as runs,
    },
};

use super::{
    days::{self, Days},
    sentence,
};
use crate::{
    State,
    console::{
        guard::Visitor,
        moment::{Moment, duration},
        page::{self, JOBS, Shell},
        run_row::RunRow,
        words::{Badge, job_badge, spaced},
    },
    problem::Problem,
    query::{Id, Query},
};

/// Runs that are shown; the list of runs has more.
const RUNS: i64 = 20;
/// Changed fields that are shown.
const CHANGES: i64 = 50;
/// Fire times that are shown.
const FIRES: usize = 10;

#[derive(Template)]
#[template(path = "console/job.html")]
struct JobPage {
    shell: Shell,
    id: JobId,
    url: String,
    badge: Badge,
    brand_name: Option<String>,
    sentence: String,
    pause: Option<Pause>,
    facts: Vec<(&'static str, String)>,
    moments: Vec<(&'static str, Moment)>,
    rule: Option<Rule>,
    parameters: String,
    last_error: Option<String>,
    lints: Vec<Lint>,
    fires: Vec<Moment>,
    days: Days,
    runs: Vec<RunRow>,
    changes: Vec<Changed>,
    is_live: bool,
    is_paused: bool,
    is_archived: bool,
    can_skip: Option<String>,
}

/// The job's rule in the cloud's clock.
struct Rule {
    seen: SeenRule,
    seen_at: Moment,
}

struct Pause {
    reason: Option<String>,
    until: Option<Moment>,
}

struct Changed {
    revision: i32,
    at: Moment,
    by: String,
    field: String,
    old: Option<String>,
    new: String,
}

/// The page.
///
/// # Errors
/// 404 without such a job; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<JobId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    let of_job = runs::Filter {
        job_id: Some(id),
        ..runs::Filter::default()
    };
    let runs = runs::list_of_all_brands(&mut tx, of_job, RUNS).await?;
    let changes = changes::list(&mut tx, id, CHANGES).await?;
    let days = days::read(&mut tx, &job, first_fire(&job), now).await?;
    let rule = seen_rules::of_job(&mut tx, id).await?;
    tx.commit().await?;

    let shell = Shell::new(&visitor, JOBS, &job.name, now).with_notice(done);
    let runs = RunRow::all(now, &runs);
    let changes = changes.into_iter().map(|it| Changed::of(it, now)).collect();
    let rule = rule.map(|seen| Rule {
        seen_at: Moment::seen_from(seen.seen_at, now),
        seen,
    });
    let told = (days, runs, changes, rule);
    Ok(page::html(&job_page(shell, job, told, now)))
}

fn job_page(
    shell: Shell,
    job: Job,
    (days, runs, changes, rule): (Days, Vec<RunRow>, Vec<Changed>, Option<Rule>),
    now: DateTime<Utc>,
) -> JobPage {
    let zone = &job.timing.timezone;
    let is_recurring = job.timing.schedule_type == ScheduleType::Recurring;
    let schedule = job.timing.schedule().ok().flatten();
    let next = job.timing.fires(first_fire(&job), FIRES);
    let is_live = matches!(job.status, JobStatus::Active | JobStatus::Paused);
    JobPage {
        shell,
        id: job.id,
        url: super::url(job.id),
        badge: job_badge(job.status),
        sentence: sentence(&job),
        pause: (job.status == JobStatus::Paused).then(|| Pause {
            reason: job.pause_reason.clone(),
            until: job.paused_until.map(|at| Moment::by(zone, at, now)),
        }),
        facts: facts(&job),
        moments: moments(&job, now),
        parameters: pretty(&job.parameters),
        lints: schedule.map(|it| it.lints(now)).unwrap_or_default(),
        fires: next
            .into_iter()
            .map(|at| Moment::by(zone, at, now))
            .collect(),
        days,
        rule,
        runs,
        changes,
        is_live,
        is_paused: job.status == JobStatus::Paused,
        is_archived: job.status == JobStatus::Archived,
        can_skip: job
            .next_run_at
            .filter(|_| is_recurring && is_live)
            .map(|at| at.to_rfc3339()),
        brand_name: job.brand_name,
        last_error: job.last_error,
    }
}

/// The first fire time that is not within a pause that ends by itself.
fn first_fire(job: &Job) -> Option<DateTime<Utc>> {
    let schedule = job.timing.schedule().ok().flatten();
    let until = job
        .paused_until
        .filter(|until| job.next_run_at < Some(*until));
    match (schedule, until) {
        (Some(schedule), Some(until)) => schedule.next_after(until - TimeDelta::microseconds(1)),
        _ => job.next_run_at,
    }
}

fn facts(job: &Job) -> Vec<(&'static str, String)> {
    let timing = &job.timing;
    let seconds = TimeDelta::seconds(timing.misfire_window_seconds.into());
    let misfire = match timing.misfire_policy.name() {
        "all" => format!("all, at most {}", timing.misfire_limit),
        word => word.to_owned(),
    };
    let cron = timing.cron_expression.clone();
    let runs = match timing.max_runs {
        Some(most) => format!("{} of {most}", job.runs_completed),
        None => job.runs_completed.to_string(),
    };
    let mut facts = vec![
        ("Type", spaced(job.job_type.name())),
        ("Time zone", timing.timezone.clone()),
    ];
    facts.extend(cron.map(|cron| ("Cron", cron)));
    facts.extend([
        ("Runs completed", runs),
        (
            "Retries",
            format!("{} after the first attempt", timing.max_retries),
        ),
        ("When it overlaps", timing.overlap_policy.name().to_owned()),
        (
            "When ticks are missed",
            format!("{misfire}, within {}", duration(seconds)),
        ),
        ("Made by", job.trigger_source.name().to_owned()),
        ("Revision", job.revision.to_string()),
    ]);
    facts
}

fn moments(job: &Job, now: DateTime<Utc>) -> Vec<(&'static str, Moment)> {
    let timing = &job.timing;
    let by_zone = |at| Moment::by(&timing.timezone, at, now);
    let planned = [
        ("Next fire time", job.next_run_at),
        ("Not before", timing.starts_at),
        ("Not after", timing.ends_at),
    ];
    let planned = planned
        .into_iter()
        .filter_map(|(name, at)| Some((name, by_zone(at?))));
    let made = [("Created", job.created_at), ("Changed", job.updated_at)];
    let made = made.map(|(name, at)| (name, Moment::seen_from(at, now)));
    planned.chain(made).collect()
}

impl Changed {
    fn of(change: Change, now: DateTime<Utc>) -> Self {
        let is_new = change.old_value.is_none();
        Self {
            revision: change.revision,
            at: Moment::seen_from(change.changed_at, now),
            by: change.changed_by,
            field: if is_new {
                "created".to_owned()
            } else {
                spaced(&change.field)
            },
            old: change.old_value.as_ref().map(shown),
            new: if is_new {
                String::new()
            } else {
                shown(&change.new_value)
            },
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON over several lines.
pub(in crate::console) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
