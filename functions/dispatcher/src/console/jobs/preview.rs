//! What a schedule means, before it is saved.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{schedule::Lint, timing::Timing},
    store::jobs::Job,
};

use super::changes::Changes;
use crate::{
    body::JsonBody,
    console::{moment::Moment, page},
    jobs::{
        change::Change,
        create,
        fields::{self, Errors, JobFields},
    },
    problem::{FieldError, Problem},
    schedules::ScheduleView,
};

/// A schedule in words, when it fires, and what looks odd about it.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    pub(super) sentence: String,
    /// What is stored of it.
    pub(super) expression: Option<String>,
    /// Said aloud when it changes.
    pub(super) said: String,
    pub(super) fires: Vec<Moment>,
    pub(super) lints: Vec<Lint>,
    /// What it changes about the fire times of a job that exists.
    pub(super) changes: Option<Changes>,
}

#[derive(Template)]
#[template(path = "console/job_preview_part.html")]
struct Part {
    preview: Option<Preview>,
    wrong: Vec<FieldError>,
}

impl Preview {
    /// What a call with `body` would make of `job`, or a new one.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) fn of(body: &Value, job: Option<&Job>, now: DateTime<Utc>) -> Result<Self, Problem> {
        match job {
            None => create::check(JsonBody::of(body)?.value, now)?,
            Some(job) => drop(Change::of(job, &JsonBody::of(body)?.value, now)?),
        }
        Ok(Self::of_timing(&timing(body, job)?, job, now))
    }

    fn of_timing(timing: &Timing, job: Option<&Job>, now: DateTime<Utc>) -> Self {
        let ScheduleView {
            sentence,
            next_fires,
            lints,
        } = ScheduleView::of(timing, now);
        let fires = next_fires.into_iter();
        let fires: Vec<_> = fires
            .map(|at| Moment::by(&timing.timezone, at, now))
            .collect();
        let next = fires.first().map(|at| format!(", next {}", at.text()));
        let remarks = lints.iter().map(|it| format!(". {}", it.message));
        let said = [sentence.clone(), next.unwrap_or_default()].into_iter();
        let changes = job.and_then(|job| Changes::of(job, timing, now));
        let changed = changes.as_ref().map(|it| format!(". {}", it.summary));
        Self {
            said: said.chain(remarks).chain(changed).collect(),
            changes,
            sentence,
            expression: timing.cron_expression.clone(),
            fires,
            lints,
        }
    }
}

/// The preview alone, for a form that is being filled in: whatever is missing beside the schedule, and with what is
/// wrong about it instead.
///
/// # Errors
/// Those of the call that are not about its fields.
pub(super) fn part(
    body: &Value,
    job: Option<&Job>,
    now: DateTime<Utc>,
) -> Result<Response, Problem> {
    match of_schedule(body, job, now) {
        Ok(preview) => Ok(page::html(&Part {
            preview: Some(preview),
            wrong: vec![],
        })),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            Ok(refused(problem.told().errors))
        }
        Err(problem) => Err(problem),
    }
}

/// The same of a schedule that cannot be read.
pub(super) fn refused(wrong: Vec<FieldError>) -> Response {
    page::html(&Part {
        preview: None,
        wrong,
    })
}

/// What is wrong with the schedule, and all else that is.
pub(super) fn with_others(
    error: FieldError,
    body: &Value,
    job: Option<&Job>,
    now: DateTime<Utc>,
) -> Problem {
    let mut errors = vec![error];
    let mut body = body.clone();
    // Any that can be read.
    if let Some(fields) = body.as_object_mut() {
        fields.insert("cron_expression".to_owned(), json!("0 0 * * *"));
    }
    if let Err(problem) = Preview::of(&body, job, now) {
        errors.extend(problem.told().errors);
    }
    Problem::fields(errors)
}

fn of_schedule(body: &Value, job: Option<&Job>, now: DateTime<Utc>) -> Result<Preview, Problem> {
    let timing = timing(body, job)?;
    let mut errors = Errors::default();
    errors.note(fields::first_fire(&timing, now));
    errors.finish()?;
    Ok(Preview::of_timing(&timing, job, now))
}

fn timing(body: &Value, job: Option<&Job>) -> Result<Timing, Problem> {
    let fields: JsonBody<JobFields> = JsonBody::of(body)?;
    let mut errors = Errors::default();
    let timing = match job {
        None => create::new_timing(&fields.value, &mut errors),
        Some(job) => Some(fields.value.retime(job.timing.clone(), &mut errors)),
    };
    errors.finish()?;
    timing.ok_or_else(|| Problem::field("cron_expression", "is missing"))
}
