//! A rule and its target, here and in the SDK's types.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::types::{
    InputTransformer, Rule as AwsRule, RuleState, Target as AwsTarget,
};

/// The id of a rule's one target. Putting a target with a known id replaces it.
const TARGET_ID: &str = "function";

/// A rule as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// At most [`super::NAME_MAX`] of `[.\-_A-Za-z0-9]`.
    pub name: String,
    /// `cron(…)` in UTC.
    pub expression: String,
    /// Whether it fires.
    pub is_enabled: bool,
    /// For people, and the mark by which the reconciler knows what it wrote.
    /// At most [`super::DESCRIPTION_MAX`] characters.
    pub description: String,
    /// Whom it wakes.
    pub target: Target,
}

/// Whom a rule wakes, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The function's ARN.
    pub arn: String,
    /// Names for parts of the event, by JSON path.
    pub input_paths: BTreeMap<String, String>,
    /// The function's input, with `<name>` where a part of the event goes.
    pub input_template: String,
}

/// A rule as the cloud has it. Its targets are not part of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    /// The rule's name.
    pub name: String,
    /// Its schedule; `None` when it waits for events instead.
    pub expression: Option<String>,
    /// Whether it fires.
    pub is_enabled: bool,
    /// Empty when it has none.
    pub description: String,
}

pub(super) fn listed(rule: AwsRule) -> Option<ListedRule> {
    if rule.managed_by.is_some() {
        return None;
    }
    Some(ListedRule {
        name: rule.name?,
        expression: rule.schedule_expression,
        is_enabled: rule.state != Some(RuleState::Disabled),
        description: rule.description.unwrap_or_default(),
    })
}

pub(super) fn aws_target(
    target: &Target,
) -> Result<AwsTarget, aws_sdk_eventbridge::error::BuildError> {
    let paths = target.input_paths.clone().into_iter().collect();
    let input = InputTransformer::builder()
        .set_input_paths_map(Some(paths))
        .input_template(&target.input_template)
        .build()?;
    AwsTarget::builder()
        .id(TARGET_ID)
        .arn(&target.arn)
        .input_transformer(input)
        .build()
}
