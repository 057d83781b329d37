//! What an edit makes of a job, decided before anything is written.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    domain::JobId,
    store::{
        Tx,
        jobs::{Job, ScheduleType, Timing, edit::Edit},
    },
};

use super::{
    fields::{self, Errors, JobFields},
    skip::first_unskipped,
};
use crate::problem::Problem;

/// A job as it shall be.
#[derive(Debug)]
pub(crate) struct Change {
    name: String,
    /// What its runs receive.
    pub(crate) parameters: Value,
    timing: Timing,
    next_run_at: Option<DateTime<Utc>>,
    /// Whether its fire times are others.
    pub(crate) is_rescheduled: bool,
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
        let is_rescheduled = is_rescheduled(&job.timing, &timing);
        let next_run_at = if is_rescheduled {
            errors.note(fields::first_fire(&timing, now))
        } else {
            errors.note(fields::schedule(&timing).map(drop));
            job.next_run_at
        };
        let name = errors.note(fields::name(body.name.as_deref(), || job.name.clone()));
        let parameters = body.parameters.as_ref().unwrap_or(&job.parameters).clone();
        errors.note(fields::parameters(job.job_type, &parameters));
        errors.finish()?;
        let name = name.unwrap_or_default();
        Ok(Self {
            name,
            parameters,
            timing,
            next_run_at,
            is_rescheduled,
        })
    }

    /// Whether the job stays as it is.
    pub(crate) fn is_none(&self, job: &Job) -> bool {
        self.name == job.name && self.parameters == job.parameters && self.timing == job.timing
    }

    /// Moves the next fire time past those that somebody wanted left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn pass_over_skipped(&mut self, tx: &mut Tx, id: JobId) -> sqlx::Result<()> {
        if let Some(next) = self.next_run_at {
            self.next_run_at = Some(first_unskipped(tx, id, &self.timing, next).await?);
        }
        Ok(())
    }

    /// For the store.
    pub(crate) fn edit(&self) -> Edit<'_> {
        Edit {
            name: &self.name,
            parameters: &self.parameters,
            timing: &self.timing,
            next_run_at: self.next_run_at,
        }
    }
}

/// What a job is cannot be edited, only when and how it runs.
fn refuse_fixed(job: &Job, body: &JobFields, errors: &mut Errors) {
    for (field, is_given) in [
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

fn is_rescheduled(old: &Timing, new: &Timing) -> bool {
    let zoned = |timing: &Timing| {
        let policies = (timing.dst_gap_policy, timing.dst_repeat_policy);
        let period = (timing.starts_at, timing.ends_at);
        (
            timing.cron_expression.clone(),
            timing.timezone.clone(),
            policies,
            period,
        )
    };
    match new.schedule_type {
        ScheduleType::Recurring => zoned(old) != zoned(new),
        ScheduleType::OneTime => old.scheduled_at != new.scheduled_at,
    }
}
