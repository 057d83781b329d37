//! What a schedule means, before it is saved.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{
    domain::{schedule::Lint, timing::Timing},
    store::jobs::Job,
};

use super::fires;
use crate::{
    body::JsonBody,
    console::moment::Moment,
    jobs::{
        change::Change,
        create,
        fields::{Errors, JobFields},
    },
    problem::Problem,
};

/// Fire times that are shown.
const FIRES: usize = 10;

/// A schedule in words, when it fires, and what looks odd about it.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    pub(super) sentence: String,
    pub(super) fires: Vec<Moment>,
    pub(super) lints: Vec<Lint>,
}

impl Preview {
    /// What a call with `body` would make of `job`, or a new one.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) fn of(body: &Value, job: Option<&Job>, now: DateTime<Utc>) -> Result<Self, Problem> {
        let fields: JsonBody<JobFields> = JsonBody::of(body)?;
        let mut errors = Errors::default();
        let timing = match job {
            None => {
                create::check(JsonBody::of(body)?.value, now)?;
                create::new_timing(&fields.value, &mut errors)
            }
            Some(job) => {
                Change::of(job, &fields.value, now)?;
                Some(fields.value.retime(job.timing.clone(), &mut errors))
            }
        };
        errors.finish()?;
        let timing = timing.ok_or_else(|| Problem::field("cron_expression", "is missing"))?;
        Ok(Self::of_timing(&timing, now))
    }

    fn of_timing(timing: &Timing, now: DateTime<Utc>) -> Self {
        let schedule = timing.schedule().ok().flatten();
        let first = timing.first_fire(now).ok();
        let fires = fires::next(timing, first, FIRES);
        Self {
            sentence: schedule
                .as_ref()
                .map_or_else(|| "Once".to_owned(), |it| it.sentence()),
            fires: fires
                .into_iter()
                .map(|at| Moment::by(&timing.timezone, at, now))
                .collect(),
            lints: schedule.map(|it| it.lints(now)).unwrap_or_default(),
        }
    }
}
