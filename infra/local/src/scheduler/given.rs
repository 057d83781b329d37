//! A schedule as a request gives it: what AWS checks before it is kept, and the defaults it fills in.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::definition::{
    DeadLetterConfig, Definition, Epoch, FlexibleTimeWindow, RetryPolicy, Target,
};
use super::timetable::Timetable;
use crate::aws::checks::{CLIENT_TOKEN, Checks, SCHEDULE_NAME, Shape, Text, is_arn};
use crate::aws::delivery::function_name;
use crate::aws::error::ApiError;

/// ARNs of targets, roles and queues. **Source:** AWS, API model, as for all bounds here.
const ARN_CHARS_MAX: usize = 1600;

/// How long ago a recurring schedule may have begun. **Source:** AWS's refusal, which names the number.
const START_MINUTES_AGO_MAX: i64 = 5;

/// What AWS fills in for a target without a policy of its own. **Source:** AWS's answers to GetSchedule.
const RETRIES: RetryPolicy = RetryPolicy {
    maximum_event_age_in_seconds: 86_400,
    maximum_retry_attempts: 185,
};

/// The body of CreateSchedule and of UpdateSchedule.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GivenSchedule {
    pub(super) group_name: Option<String>,
    pub(super) client_token: Option<String>,
    schedule_expression: Option<String>,
    schedule_expression_timezone: Option<String>,
    start_date: Option<Epoch>,
    end_date: Option<Epoch>,
    description: Option<String>,
    state: Option<String>,
    action_after_completion: Option<String>,
    kms_key_arn: Option<String>,
    flexible_time_window: Option<GivenWindow>,
    target: Option<GivenTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GivenWindow {
    mode: Option<String>,
    maximum_window_in_minutes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GivenTarget {
    arn: Option<String>,
    role_arn: Option<String>,
    input: Option<String>,
    retry_policy: Option<GivenPolicy>,
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GivenPolicy {
    maximum_event_age_in_seconds: Option<i64>,
    maximum_retry_attempts: Option<i64>,
}

fn text(max: usize, shape: Shape) -> Text {
    Text { max, shape }
}

impl GivenSchedule {
    /// # Errors
    /// `ValidationException` when AWS would refuse it.
    pub(super) fn accept(
        self,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<(Definition, Timetable), ApiError> {
        self.check(name)?;
        let definition = self.definition();
        let timetable = check_meaning(&definition, now)?;
        Ok((definition, timetable))
    }

    fn check(&self, name: &str) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        checks.required("name", Some(name), SCHEDULE_NAME);
        checks.optional("groupName", self.group_name.as_deref(), SCHEDULE_NAME);
        checks.optional("clientToken", self.client_token.as_deref(), CLIENT_TOKEN);
        let expression = self.schedule_expression.as_deref();
        checks.required("scheduleExpression", expression, text(256, Shape::Any));
        let zone = self.schedule_expression_timezone.as_deref();
        checks.optional("scheduleExpressionTimezone", zone, text(50, Shape::Any));
        checks.length("description", self.description.as_deref(), 512);
        let key = self.kms_key_arn.as_deref();
        checks.optional("kmsKeyArn", key, text(2048, Shape::KeyArn));
        if let Some(state) = &self.state {
            checks.one_of("state", state, &["ENABLED", "DISABLED"]);
        }
        if let Some(action) = &self.action_after_completion {
            checks.one_of("actionAfterCompletion", action, &["NONE", "DELETE"]);
        }
        match &self.flexible_time_window {
            Some(window) => window.check(&mut checks),
            None => checks.null("flexibleTimeWindow"),
        }
        match &self.target {
            Some(target) => target.check(&mut checks),
            None => checks.null("target"),
        }
        checks.finish()
    }

    fn definition(self) -> Definition {
        let or = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned());
        Definition {
            schedule_expression: self.schedule_expression.unwrap_or_default(),
            schedule_expression_timezone: or(self.schedule_expression_timezone, "UTC"),
            start_date: self.start_date,
            end_date: self.end_date,
            description: self.description,
            state: or(self.state, "ENABLED"),
            action_after_completion: or(self.action_after_completion, "NONE"),
            kms_key_arn: self.kms_key_arn,
            flexible_time_window: self
                .flexible_time_window
                .map(GivenWindow::accepted)
                .unwrap_or_default(),
            target: self.target.map(GivenTarget::accepted).unwrap_or_default(),
        }
    }
}

impl GivenWindow {
    fn check(&self, checks: &mut Checks) {
        match &self.mode {
            Some(mode) => checks.one_of("flexibleTimeWindow.mode", mode, &["OFF", "FLEXIBLE"]),
            None => checks.null("flexibleTimeWindow.mode"),
        }
        let field = "flexibleTimeWindow.maximumWindowInMinutes";
        checks.number(field, self.maximum_window_in_minutes, 1, 1440);
    }

    fn accepted(self) -> FlexibleTimeWindow {
        FlexibleTimeWindow {
            mode: self.mode.unwrap_or_default(),
            maximum_window_in_minutes: self.maximum_window_in_minutes,
        }
    }
}

impl GivenTarget {
    fn check(&self, checks: &mut Checks) {
        let any = text(ARN_CHARS_MAX, Shape::Any);
        checks.required("target.arn", self.arn.as_deref(), any);
        let role = text(ARN_CHARS_MAX, Shape::RoleArn);
        checks.required("target.roleArn", self.role_arn.as_deref(), role);
        let input = text(usize::MAX, Shape::Any);
        checks.optional("target.input", self.input.as_deref(), input);
        if let Some(policy) = &self.retry_policy {
            let field = "target.retryPolicy.maximumEventAgeInSeconds";
            checks.number(field, policy.maximum_event_age_in_seconds, 60, 86_400);
            let field = "target.retryPolicy.maximumRetryAttempts";
            checks.number(field, policy.maximum_retry_attempts, 0, 185);
        }
        let queue = self.dead_letter_config.as_ref();
        checks.optional(
            "target.deadLetterConfig.arn",
            queue.and_then(|queue| queue.arn.as_deref()),
            text(ARN_CHARS_MAX, Shape::QueueArn),
        );
    }

    fn accepted(self) -> Target {
        let policy = self.retry_policy;
        let age = policy
            .as_ref()
            .and_then(|policy| policy.maximum_event_age_in_seconds);
        let attempts = policy.and_then(|policy| policy.maximum_retry_attempts);
        Target {
            arn: self.arn.unwrap_or_default(),
            role_arn: self.role_arn.unwrap_or_default(),
            input: self.input,
            retry_policy: RetryPolicy {
                maximum_event_age_in_seconds: age.unwrap_or(RETRIES.maximum_event_age_in_seconds),
                maximum_retry_attempts: attempts.unwrap_or(RETRIES.maximum_retry_attempts),
            },
            dead_letter_config: self.dead_letter_config,
            rest: self.rest,
        }
    }
}

/// What AWS checks once every field by itself is in order.
fn check_meaning(definition: &Definition, now: DateTime<Utc>) -> Result<Timetable, ApiError> {
    let timetable = definition.timetable()?;
    check_dates(&timetable, now)?;
    let window = &definition.flexible_time_window;
    match (window.mode.as_str(), window.maximum_window_in_minutes) {
        ("FLEXIBLE", None) => {
            let said =
                "MaximumWindowInMinutes is required when the flexible time window is FLEXIBLE.";
            return Err(ApiError::validation(said));
        }
        ("OFF", Some(_)) => {
            let said =
                "MaximumWindowInMinutes must not be given when the flexible time window is OFF.";
            return Err(ApiError::validation(said));
        }
        _ => {}
    }
    let target = &definition.target;
    if !is_arn(&target.arn) {
        return Err(ApiError::validation(
            "Provided Arn is not in correct format.",
        ));
    }
    // **Source:** AWS, API reference, "Target": the input of a Lambda function must be well-formed JSON.
    if let (Some(_), Some(input)) = (function_name(&target.arn), &target.input)
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(input)
    {
        let said = format!("The Input of the target is not well-formed JSON: {error}");
        return Err(ApiError::validation(said));
    }
    Ok(timetable)
}

/// Dates mean nothing to a schedule that runs once.
fn check_dates(timetable: &Timetable, now: DateTime<Utc>) -> Result<(), ApiError> {
    let Some(start) = timetable
        .start
        .filter(|_| timetable.expression.is_recurring())
    else {
        return Ok(());
    };
    if start < now - TimeDelta::minutes(START_MINUTES_AGO_MAX) {
        let said = format!(
            "The StartDate you specify cannot be earlier than {START_MINUTES_AGO_MAX} minutes ago."
        );
        return Err(ApiError::validation(said));
    }
    match timetable.end.is_some_and(|end| end <= start) {
        true => Err(ApiError::validation(
            "The EndDate you specify must be later than the StartDate.",
        )),
        false => Ok(()),
    }
}
