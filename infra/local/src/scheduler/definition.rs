//! What a schedule is, as requests give it, answers tell it and the books keep it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::expression::Expression;
use super::timetable::Timetable;
use crate::aws::error::ApiError;

/// A schedule with every default filled in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Definition {
    pub(super) schedule_expression: String,
    pub(super) schedule_expression_timezone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start_date: Option<Epoch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end_date: Option<Epoch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// `ENABLED` or `DISABLED`.
    pub(super) state: String,
    /// `NONE` or `DELETE`.
    pub(super) action_after_completion: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kms_key_arn: Option<String>,
    pub(super) flexible_time_window: FlexibleTimeWindow,
    pub(super) target: Target,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FlexibleTimeWindow {
    /// `OFF` or `FLEXIBLE`.
    pub(super) mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) maximum_window_in_minutes: Option<i64>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) role_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    pub(super) retry_policy: RetryPolicy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    /// Kept as it came.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeadLetterConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RetryPolicy {
    pub(super) maximum_event_age_in_seconds: i64,
    pub(super) maximum_retry_attempts: i64,
}

/// A moment as Scheduler writes it: seconds since 1970, here to the millisecond.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub(super) struct Epoch(pub(super) DateTime<Utc>);

impl TryFrom<f64> for Epoch {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float too large saturates and is refused in the next line"
        )]
        let moment = DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64);
        moment.map(Self).ok_or("a moment out of range")
    }
}

impl From<Epoch> for f64 {
    fn from(Epoch(moment): Epoch) -> Self {
        moment.timestamp_millis() as Self / 1000.0
    }
}

impl Definition {
    pub(super) fn is_enabled(&self) -> bool {
        self.state == "ENABLED"
    }

    pub(super) fn is_deleted_after_completion(&self) -> bool {
        self.action_after_completion == "DELETE"
    }

    /// # Errors
    /// `ValidationException` when the expression or the time zone is not one.
    pub(super) fn timetable(&self) -> Result<Timetable, ApiError> {
        let (text, zone) = (
            &self.schedule_expression,
            &self.schedule_expression_timezone,
        );
        let Some(expression) = Expression::parse(text) else {
            let said = format!("Invalid Schedule Expression {text}.");
            return Err(ApiError::validation(said));
        };
        let Ok(zone) = zone.parse() else {
            let said = format!("Invalid Schedule Expression Timezone {zone}.");
            return Err(ApiError::validation(said));
        };
        Ok(Timetable {
            expression,
            zone,
            start: self.start_date.map(|Epoch(start)| start),
            end: self.end_date.map(|Epoch(end)| end),
        })
    }

    /// The same for the same definition, and for no other.
    pub(super) fn digest(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }
}
