//! `POST /api/schedules/preview`: what a schedule means, before a job has it.

use axum::Json;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::domain::{
    schedule::{GapPolicy, Lint, RepeatPolicy},
    timing::Timing,
};

use crate::{
    State,
    body::JsonBody,
    jobs::{
        create,
        fields::{self, Errors, JobFields},
    },
    problem::Problem,
};

/// Fire times that are told.
const FIRES: usize = 10;

/// The schedule of a recurring job, by the names that a job has for it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleBody {
    cron_expression: String,
    /// An IANA name; UTC when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_gap_policy: Option<GapPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_repeat_policy: Option<RepeatPolicy>,
}

/// What it means.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScheduleView {
    /// In words.
    pub(crate) sentence: String,
    /// The next ten fire times.
    pub(crate) next_fires: Vec<DateTime<Utc>>,
    /// What looks odd about it.
    pub(crate) lints: Vec<Lint>,
}

/// Reads the schedule as a new job's. Changes nothing.
pub(crate) async fn preview(
    state: State,
    JsonBody { value: asked, .. }: JsonBody<ScheduleBody>,
) -> Result<Json<ScheduleView>, Problem> {
    let now = state.clock.now();
    let fields: JsonBody<JobFields> = JsonBody::of(&json!(asked))?;
    let mut errors = Errors::default();
    let timing = create::new_timing(&fields.value, &mut errors);
    if let Some(timing) = &timing {
        errors.note(fields::first_fire(timing, now));
    }
    errors.finish()?;
    let timing = timing.ok_or_else(|| Problem::field("cron_expression", "is missing"))?;
    Ok(Json(ScheduleView::of(&timing, now)))
}

impl ScheduleView {
    /// What a timing means, seen from `now`.
    pub(crate) fn of(timing: &Timing, now: DateTime<Utc>) -> Self {
        let schedule = timing.schedule().ok().flatten();
        let lints = schedule.as_ref().map(|it| it.lints(now));
        Self {
            sentence: schedule.map_or_else(|| "Once".to_owned(), |it| it.sentence()),
            next_fires: timing.fires(timing.first_fire(now).ok(), FIRES),
            lints: lints.unwrap_or_default(),
        }
    }
}
