//! The fields of a job as callers send them, checked against what the table and the schedule
//! admit. All problems are gathered before the request is refused.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use shared::domain::{
    BrandId, JobId, JobType, MisfirePolicy, OverlapPolicy, ProductId,
    schedule::{GapPolicy, RepeatPolicy},
    timing::{ScheduleType, Timing},
};

use crate::problem::{FieldError, Problem};

/// What the table's checks admit.
const MISFIRE_LIMIT: RangeInclusive<i32> = 1..=100;
const MISFIRE_WINDOW_SECONDS: RangeInclusive<i32> = 60..=604_800;
const MAX_RETRIES: RangeInclusive<i32> = 0..=20;
/// The table's default.
const MAX_RETRIES_DEFAULT: i32 = 3;
const NAME_CHARS_MAX: usize = 200;
/// Longest reason for a pause, in characters; it is shown in one line.
const REASON_CHARS_MAX: usize = 500;
/// The cloud's clock knows no later year. **Source:** EventBridge, "Cron expressions", 1970-2199.
const YEAR_MAX: i32 = 2199;

/// Every field of a job that a caller can name. What is missing keeps its value or its default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JobFields {
    /// Of a new job: asking twice with the same id makes one job.
    pub(crate) id: Option<JobId>,
    pub(crate) job_type: Option<JobType>,
    pub(crate) brand_id: Option<BrandId>,
    pub(crate) product_id: Option<ProductId>,
    pub(crate) schedule_type: Option<ScheduleType>,
    pub(crate) name: Option<String>,
    pub(crate) parameters: Option<Value>,
    pub(crate) cron_expression: Option<String>,
    pub(crate) scheduled_at: Option<String>,
    /// `null` takes the start away.
    #[serde(deserialize_with = "given")]
    pub(crate) starts_at: Option<Option<String>>,
    /// `null` takes the end away.
    #[serde(deserialize_with = "given")]
    pub(crate) ends_at: Option<Option<String>>,
    pub(crate) timezone: Option<String>,
    pub(crate) dst_gap_policy: Option<GapPolicy>,
    pub(crate) dst_repeat_policy: Option<RepeatPolicy>,
    pub(crate) overlap_policy: Option<OverlapPolicy>,
    pub(crate) misfire_policy: Option<MisfirePolicy>,
    pub(crate) misfire_limit: Option<i32>,
    pub(crate) misfire_window_seconds: Option<i32>,
    pub(crate) max_retries: Option<i32>,
    /// `null` takes the limit away.
    #[serde(deserialize_with = "given")]
    pub(crate) max_runs: Option<Option<i32>>,
    pub(crate) revision: Option<i32>,
}

/// Tells a `null` from a field that is missing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is wrong with the fields seen so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

impl Errors {
    pub(crate) fn add(&mut self, field: &str, detail: impl Into<String>) {
        self.push(FieldError::new(field, detail));
    }

    /// The first problem of a field is its cause; what follows from it only confuses.
    fn push(&mut self, error: FieldError) {
        if self.0.iter().all(|known| known.field != error.field) {
            self.0.push(error);
        }
    }

    /// Keeps the value or notes the error.
    pub(crate) fn note<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(self.0))
        }
    }
}

impl JobFields {
    /// Puts the given fields in place of those of `timing`.
    pub(crate) fn retime(&self, timing: Timing, errors: &mut Errors) -> Timing {
        let scheduled_at = self
            .scheduled_at
            .as_deref()
            .and_then(|text| errors.note(moment("scheduled_at", text)));
        let starts_at = bound(
            "starts_at",
            self.starts_at.as_ref(),
            timing.starts_at,
            errors,
        );
        let ends_at = bound("ends_at", self.ends_at.as_ref(), timing.ends_at, errors);
        let mut whole = |field, value: Option<i32>, bounds: RangeInclusive<i32>, old| {
            errors
                .note(within(field, value.unwrap_or(old), bounds))
                .unwrap_or(old)
        };
        let max_runs = self.max_runs.unwrap_or(timing.max_runs);
        Timing {
            max_runs: max_runs.map(|most| whole("max_runs", Some(most), 1..=i32::MAX, most)),
            misfire_limit: whole(
                "misfire_limit",
                self.misfire_limit,
                MISFIRE_LIMIT,
                timing.misfire_limit,
            ),
            misfire_window_seconds: whole(
                "misfire_window_seconds",
                self.misfire_window_seconds,
                MISFIRE_WINDOW_SECONDS,
                timing.misfire_window_seconds,
            ),
            max_retries: whole(
                "max_retries",
                self.max_retries,
                MAX_RETRIES,
                timing.max_retries,
            ),
            cron_expression: self.cron_expression.clone().or(timing.cron_expression),
            scheduled_at: scheduled_at.or(timing.scheduled_at),
            starts_at,
            ends_at,
            timezone: self.timezone.clone().unwrap_or(timing.timezone),
            dst_gap_policy: self.dst_gap_policy.unwrap_or(timing.dst_gap_policy),
            dst_repeat_policy: self.dst_repeat_policy.unwrap_or(timing.dst_repeat_policy),
            overlap_policy: self.overlap_policy.unwrap_or(timing.overlap_policy),
            misfire_policy: self.misfire_policy.unwrap_or(timing.misfire_policy),
            schedule_type: timing.schedule_type,
        }
    }
}

/// One end of a job's period: as given, taken away by `null`, or as it was.
fn bound(
    field: &str,
    given: Option<&Option<String>>,
    old: Option<DateTime<Utc>>,
    errors: &mut Errors,
) -> Option<DateTime<Utc>> {
    match given {
        None => old,
        Some(None) => None,
        Some(Some(text)) => errors.note(moment(field, text)).or(old),
    }
}

/// The first fire time after `now`.
pub(crate) fn first_fire(timing: &Timing, now: DateTime<Utc>) -> Result<DateTime<Utc>, FieldError> {
    timing.first_fire(now).map_err(FieldError::from)
}

/// Attempts after the first one of a job that runs once.
pub(crate) fn max_retries(given: Option<i32>) -> Result<i32, FieldError> {
    let most = given.unwrap_or(MAX_RETRIES_DEFAULT);
    within("max_retries", most, MAX_RETRIES)
}

/// A moment, moved on to the next whole minute: the cloud's clock knows no seconds.
pub(crate) fn moment(field: &str, text: &str) -> Result<DateTime<Utc>, FieldError> {
    let minute = TimeDelta::minutes(1);
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.to_utc())
        .filter(|at| (1970..=YEAR_MAX).contains(&at.year()))
        .and_then(|at| {
            let whole = at.duration_trunc(minute).ok()?;
            if whole == at {
                Some(at)
            } else {
                whole.checked_add_signed(minute)
            }
        })
        .ok_or_else(|| {
            let detail = "must be a moment by RFC 3339, as in 2027-01-31T09:00:00-08:00";
            FieldError::new(field, detail)
        })
}

fn within(field: &str, value: i32, bounds: RangeInclusive<i32>) -> Result<i32, FieldError> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = bounds.into_inner();
    Err(FieldError::new(
        field,
        format!("must be from {least} to {most}, not {value}"),
    ))
}

/// A name as given, or `default`.
pub(crate) fn name(
    given: Option<&str>,
    default: impl FnOnce() -> String,
) -> Result<String, FieldError> {
    match given {
        None => Ok(default()),
        Some(text) => line("name", text, NAME_CHARS_MAX),
    }
}

/// The reason for a pause.
pub(crate) fn reason(text: &str) -> Result<String, FieldError> {
    line("reason", text, REASON_CHARS_MAX)
}

/// A line of text.
pub(crate) fn line(field: &str, text: &str, chars_max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    let is_short = (1..=chars_max).contains(&text.chars().count());
    if is_short && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let detail = format!("must be one line of 1 to {chars_max} characters");
    Err(FieldError::new(field, detail))
}

/// Parameters that the job type accepts.
pub(crate) fn parameters(job_type: JobType, value: &Value) -> Result<(), FieldError> {
    // Serde would read a list as the fields in their order.
    if !value.is_object() {
        return Err(FieldError::new("parameters", "must be a JSON object"));
    }
    job_type.check_parameters(value).map_err(|error| {
        let field = match error.field.as_str() {
            "." => "parameters".to_owned(),
            field => format!("parameters.{field}"),
        };
        FieldError::new(field, error.detail)
    })
}

/// `asset_download` as in "Asset download".
pub(crate) fn title(job_type: JobType) -> String {
    let words = job_type.name().replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
