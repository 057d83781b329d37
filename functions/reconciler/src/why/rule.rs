//! The job's rule in the cloud.

use serde::Serialize;
use shared::{
    clients::cloud_clock::{CloudClockError, ListedRule},
    domain::JobId,
};

use crate::{
    desired::{self, DesiredRule},
    error::Failure,
    names,
    rules::Schedules,
};

/// The job's rule, as it is and as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleState {
    /// Its name.
    pub name: String,
    /// Why the cloud could not be asked; then nothing below is known of it.
    pub error: Option<String>,
    /// Whether it exists.
    pub exists: bool,
    /// Whether it fires.
    pub is_enabled: bool,
    /// What it says: expression, and zone unless that is UTC.
    pub expression: Option<String>,
    /// What it should say; `None`: the job needs no rule.
    pub desired_expression: Option<String>,
    /// Whether it should fire.
    pub should_be_enabled: bool,
}

pub(super) async fn rule_state(schedules: &Schedules, id: JobId) -> Result<RuleState, Failure> {
    let Some(job) = schedules.job(id).await? else {
        return Ok(RuleState::default());
    };
    let settings = &schedules.settings;
    let stem = names::stem(settings, &job);
    let desired = desired::desired(&job, settings, schedules.clock.now());
    let desired: Option<DesiredRule> = desired.ok().flatten();
    let wanted = desired.as_ref().map(|it| it.rule.name.as_str());
    let (found, error) = match find_rule(schedules, &stem, wanted).await {
        Ok(found) => (found, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let name = found.as_ref().map(|rule| rule.name.clone());
    let name = name.or(wanted.map(str::to_owned)).unwrap_or(stem);
    Ok(RuleState {
        name,
        error,
        exists: found.is_some(),
        is_enabled: found.as_ref().is_some_and(|rule| rule.is_enabled),
        expression: found.and_then(|rule| rule.says()),
        should_be_enabled: desired.as_ref().is_some_and(|it| it.rule.is_enabled),
        desired_expression: desired.map(|it| it.rule.says()),
    })
}

/// The rule with this stem, and of several the one called `wanted`, with its expression.
async fn find_rule(
    schedules: &Schedules,
    stem: &str,
    wanted: Option<&str>,
) -> Result<Option<ListedRule>, CloudClockError> {
    let clock = schedules.cloud.backend();
    let mut rules = schedules.cloud.list(stem).await?;
    rules.retain(|rule| names::stem_of(clock, &rule.name) == stem);
    let found = rules
        .into_iter()
        .max_by_key(|rule| Some(rule.name.as_str()) == wanted);
    match found {
        Some(rule) => schedules.cloud.describe(rule).await.map(Some),
        None => Ok(None),
    }
}
