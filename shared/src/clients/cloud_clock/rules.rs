//! EventBridge rules with a schedule.
//!
//! Scheduled rules live on the account's default bus only. Every answer's failed entries are looked at.

#[cfg(any(test, feature = "testing"))]
mod stand_in;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client,
    config::{Builder, retry::RetryConfig},
    error::BuildError,
    types::{InputTransformer, Rule as AwsRule, RuleState, Target as AwsTarget},
};

#[cfg(any(test, feature = "testing"))]
pub use self::stand_in::{StandInEventBridge, StandInRule};
use super::{
    CloudClock, CloudClockError, ListedRule, PAGE_SIZE, PAGES_MAX, Rule, Target,
    error::{self, called},
    pace::Pace,
    timeouts,
};
use crate::config::ClockBackend;

/// Rules with a schedule that one bus may hold unless AWS was asked for more.
/// **Source:** EventBridge quotas, "Rules per event bus" (100 in two small regions).
pub const RULES_PER_BUS: usize = 300;

/// The id of a rule's one target. Putting a target with a known id replaces it.
const TARGET_ID: &str = "function";

/// The scheduled rules of one account and region. Clones share one pace and connection pool.
#[derive(Clone, Debug)]
pub struct ClockRules {
    client: Client,
    pace: Arc<Pace>,
}

impl ClockRules {
    /// A client that makes at most one call per `pace`. A tenth of a second leaves most of the
    /// account's calls to Terraform and people. Opens no connection yet.
    ///
    /// **Source:** EventBridge quotas, about 50 API calls a second for the whole account.
    #[must_use]
    pub fn new(aws: &SdkConfig, pace: Duration) -> Self {
        Self::with(aws, pace, RetryConfig::standard())
    }

    fn with(aws: &SdkConfig, pace: Duration, retries: RetryConfig) -> Self {
        let config = Builder::from(aws)
            .timeout_config(timeouts())
            .retry_config(retries)
            .build();
        Self {
            client: Client::from_conf(config),
            pace: Arc::new(Pace::new(pace)),
        }
    }

    async fn put_rule(&self, doing: &'static str, rule: &Rule) -> Result<(), CloudClockError> {
        self.pace.turn().await;
        // PutRule replaces: what is left out is reset, and a missing state means enabled.
        let call = self.client.put_rule().name(&rule.name);
        let call = call.schedule_expression(&rule.expression);
        let call = call.state(match rule.is_enabled {
            true => RuleState::Enabled,
            false => RuleState::Disabled,
        });
        let answer = call.description(&rule.description).send().await;
        called(doing, &rule.name, answer).map(drop)
    }

    async fn put_target(&self, rule: &Rule) -> Result<(), CloudClockError> {
        let doing = "setting the target of";
        let target = aws_target(&rule.target)
            .map_err(|source| CloudClockError::build(doing, &rule.name, source))?;
        self.pace.turn().await;
        let call = self.client.put_targets().rule(&rule.name).targets(target);
        let answer = called(doing, &rule.name, call.send().await)?;
        let failed = answer
            .failed_entries()
            .first()
            .map(|entry| (entry.error_code(), entry.error_message()));
        error::all_entries(doing, &rule.name, answer.failed_entry_count, failed)
    }

    /// Ids of a rule's targets. One page holds them all: a rule has at most five.
    async fn target_ids(&self, name: &str) -> Result<Vec<String>, CloudClockError> {
        self.pace.turn().await;
        let answer = self.client.list_targets_by_rule().rule(name).send().await;
        let answer = called("listing the targets of", name, answer)?;
        Ok(answer
            .targets()
            .iter()
            .map(|target| target.id.clone())
            .collect())
    }

    async fn remove_targets(&self, name: &str, ids: Vec<String>) -> Result<(), CloudClockError> {
        let doing = "removing the targets of";
        self.pace.turn().await;
        let call = self.client.remove_targets().rule(name).set_ids(Some(ids));
        let answer = called(doing, name, call.send().await)?;
        let failed = answer
            .failed_entries()
            .first()
            .map(|entry| (entry.error_code(), entry.error_message()));
        error::all_entries(doing, name, answer.failed_entry_count, failed)
    }
}

#[async_trait]
impl CloudClock for ClockRules {
    fn backend(&self) -> ClockBackend {
        ClockBackend::Rules
    }

    /// Rules that AWS manages for other services are left out.
    async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, CloudClockError> {
        let mut rules = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            self.pace.turn().await;
            let call = self.client.list_rules().limit(PAGE_SIZE.into());
            let call = call.set_next_token(token);
            let call = call.set_name_prefix((!prefix.is_empty()).then(|| prefix.to_owned()));
            let page = called("listing", prefix, call.send().await)?;
            let ours = page.rules.unwrap_or_default().into_iter();
            rules.extend(ours.filter_map(listed));
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(rules),
            }
        }
        Err(CloudClockError::endless("listing", prefix))
    }

    /// Its listing tells all that is asked for.
    async fn describe(&self, rule: ListedRule) -> Result<ListedRule, CloudClockError> {
        Ok(rule)
    }

    async fn names_by_target(
        &self,
        arn: &str,
    ) -> Result<Option<BTreeSet<String>>, CloudClockError> {
        let mut names = BTreeSet::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            self.pace.turn().await;
            let call = self.client.list_rule_names_by_target().target_arn(arn);
            let call = call.limit(PAGE_SIZE.into()).set_next_token(token);
            let page = called("listing the rules of target", arn, call.send().await)?;
            names.extend(page.rule_names.unwrap_or_default());
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(Some(names)),
            }
        }
        Err(CloudClockError::endless("listing the rules of target", arn))
    }

    /// First disabled and described as a draft, then with its target, then as it shall be. So a
    /// rule that bears its full description is complete.
    async fn create(&self, rule: &Rule) -> Result<(), CloudClockError> {
        let draft = Rule {
            is_enabled: false,
            description: rule.draft.clone(),
            ..rule.clone()
        };
        self.put_rule("creating", &draft).await?;
        self.replace(rule, &rule.name).await
    }

    /// A rule keeps its name for life, and keeps firing meanwhile.
    async fn replace(&self, rule: &Rule, _was: &str) -> Result<(), CloudClockError> {
        self.put_target(rule).await?;
        self.put_rule("updating", rule).await
    }

    async fn delete(&self, name: &str) -> Result<(), CloudClockError> {
        let ids = match self.target_ids(name).await {
            Err(error) if error.is_not_found() => return Ok(()),
            ids => ids?,
        };
        if !ids.is_empty() {
            self.remove_targets(name, ids).await?;
        }
        self.pace.turn().await;
        let answer = self.client.delete_rule().name(name).send().await;
        called("deleting", name, answer).map(drop)
    }
}

fn listed(rule: AwsRule) -> Option<ListedRule> {
    if rule.managed_by.is_some() {
        return None;
    }
    Some(ListedRule {
        name: rule.name?,
        expression: rule.schedule_expression,
        is_enabled: rule.state != Some(RuleState::Disabled),
        description: Some(rule.description.unwrap_or_default()),
        ..ListedRule::default()
    })
}

fn aws_target(target: &Target) -> Result<AwsTarget, BuildError> {
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
