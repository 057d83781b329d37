//! What an edit makes of a job, decided before anything is written.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    domain::timing::{Replan, ScheduleType, Timing},
    runtime::Edited,
    store::jobs::Job,
};

use super::fields::{self, Errors, JobFields};
use crate::problem::{FieldError, Problem};

/// A job as it shall be.
#[derive(Debug)]
pub(crate) struct Change {
    name: String,
    /// What its runs receive.
    pub(crate) parameters: Value,
    timing: Timing,
    replan: Replan,
}

impl Change {
    /// What `body` makes of `job`.
    ///
    /// # Errors
    /// 422 with every field that cannot be as given.
    pub(crate) fn of(job: &Job, body: &JobFields, now: DateTime<Utc>) -> Result<Self, Problem> {
        let mut errors = Errors::default();
        refuse_fixed(job, body, &mut errors);
        let timing = body.retime(job.timing.clone(), &mut errors);
        if timing.schedule_type == ScheduleType::Recurring
            && timing
                .max_runs
                .is_some_and(|most| most <= job.runs_completed)
        {
            let done = job.runs_completed;
            errors.add(
                "max_runs",
                format!("must be more than the {done} runs already completed"),
            );
        }
        let replan = timing.replan(&job.timing, job.next_run_at, now);
        let replan = errors.note(replan.map_err(FieldError::from));
        let name = errors.note(fields::name(body.name.as_deref(), || job.name.clone()));
        let parameters = body.parameters.as_ref().unwrap_or(&job.parameters).clone();
        errors.note(fields::parameters(job.job_type, &parameters));
        errors.finish()?;
        Ok(Self {
            name: name.unwrap_or_default(),
            parameters,
            timing,
            replan: replan.unwrap_or(Replan::Kept(job.next_run_at)),
        })
    }

    /// Whether the job stays as it is.
    pub(crate) fn is_none(&self, job: &Job) -> bool {
        self.name == job.name && self.parameters == job.parameters && self.timing == job.timing
    }

    /// For the ledger.
    pub(crate) fn edited(&self) -> Edited<'_> {
        Edited {
            name: &self.name,
            parameters: &self.parameters,
            timing: &self.timing,
            replan: self.replan,
        }
    }
}

/// What a job is cannot be edited, only when and how it runs.
fn refuse_fixed(job: &Job, body: &JobFields, errors: &mut Errors) {
    for (field, is_given) in [
        ("id", body.id.is_some()),
        ("job_type", body.job_type.is_some()),
        ("brand_id", body.brand_id.is_some()),
        ("product_id", body.product_id.is_some()),
        ("schedule_type", body.schedule_type.is_some()),
    ] {
        if is_given {
            errors.add(
                field,
                "cannot be changed; archive this job and create another one",
            );
        }
    }
    let is_recurring = job.timing.schedule_type == ScheduleType::Recurring;
    if is_recurring && body.scheduled_at.is_some() {
        errors.add(
            "scheduled_at",
            "is for one-time jobs; this one has a cron_expression",
        );
    }
    if !is_recurring && body.cron_expression.is_some() {
        errors.add(
            "cron_expression",
            "is for recurring jobs; this one runs once",
        );
    }
    if !is_recurring && body.scheduled_at.is_some() && job.next_run_at.is_none() {
        errors.add(
            "scheduled_at",
            "its time has come; create another job instead",
        );
    }
}
