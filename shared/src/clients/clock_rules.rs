//! EventBridge rules with a schedule: the cloud's own clock.
//!
//! Scheduled rules live on the account's default bus only. Every call waits its turn (the account
//! shares a few dozen calls a second), every answer's failed entries are looked at, and every call
//! here may be repeated: an interrupted change is completed by doing it again.

mod error;
mod pace;
mod rule;
#[cfg(any(test, feature = "testing"))]
mod stand_in;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    types::RuleState,
};

#[cfg(any(test, feature = "testing"))]
pub use self::stand_in::{StandInEventBridge, StandInRule};
pub use self::{
    error::ClockRulesError,
    rule::{ListedRule, Rule, Target},
};
use self::{
    error::called,
    pace::Pace,
    rule::{aws_target, listed},
};

/// Rules with a schedule that one bus may hold unless AWS was asked for more.
/// **Source:** EventBridge quotas, "Rules per event bus" (100 in two small regions).
pub const RULES_PER_BUS: usize = 300;

/// Longest rule name. **Source:** EventBridge API reference, PutRule.
pub const NAME_MAX: usize = 64;

/// Longest rule description, in characters. **Source:** EventBridge API reference, PutRule.
pub const DESCRIPTION_MAX: usize = 512;

/// Rules asked for per page. **Source:** EventBridge API reference, ListRules: at most 100.
const PAGE_SIZE: i32 = 100;

/// Pages read before the answer counts as endless: 200 × 100 rules, many times any quota granted.
const PAGES_MAX: usize = 200;

/// One call with the SDK's own retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// One try of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);

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
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(CALL_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = Builder::from(aws)
            .timeout_config(timeouts)
            .retry_config(retries)
            .build();
        Self {
            client: Client::from_conf(config),
            pace: Arc::new(Pace::new(pace)),
        }
    }

    /// All rules whose name starts with `prefix`; an empty prefix lists every rule of the bus.
    /// Rules that AWS manages for other services are left out.
    ///
    /// # Errors
    /// [`ClockRulesError`] when a page cannot be read; a part of the rules is never returned.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, ClockRulesError> {
        let mut rules = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            self.pace.turn().await;
            let call = self.client.list_rules().limit(PAGE_SIZE);
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
        Err(endless("listing", prefix))
    }

    /// Names of all rules that have the function `arn` as a target. Tells which rules lost theirs.
    ///
    /// # Errors
    /// [`ClockRulesError`] when a page cannot be read.
    pub async fn names_by_target(&self, arn: &str) -> Result<BTreeSet<String>, ClockRulesError> {
        let mut names = BTreeSet::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            self.pace.turn().await;
            let call = self.client.list_rule_names_by_target().target_arn(arn);
            let call = call.limit(PAGE_SIZE).set_next_token(token);
            let page = called("listing the rules of target", arn, call.send().await)?;
            names.extend(page.rule_names.unwrap_or_default());
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(names),
            }
        }
        Err(endless("listing the rules of target", arn))
    }

    /// Creates a rule: first disabled and described as `draft`, then with its target, then as it
    /// shall be. So a rule that bears its full description is complete, whatever interrupted us.
    ///
    /// # Errors
    /// [`ClockRulesError`]; the draft may exist by then. Doing it again completes it.
    pub async fn create(&self, rule: &Rule, draft: &str) -> Result<(), ClockRulesError> {
        let draft = Rule {
            is_enabled: false,
            description: draft.to_owned(),
            ..rule.clone()
        };
        self.put_rule("creating", &draft).await?;
        self.replace(rule).await
    }

    /// Replaces everything about an existing rule. It keeps firing meanwhile.
    ///
    /// # Errors
    /// [`ClockRulesError`]; the target may be new and the rest still old. Doing it again completes it.
    pub async fn replace(&self, rule: &Rule) -> Result<(), ClockRulesError> {
        self.put_target(rule).await?;
        self.put_rule("updating", rule).await
    }

    /// Lets a complete rule fire again.
    ///
    /// # Errors
    /// [`ClockRulesError`]; nothing was changed, or the answer was lost.
    pub async fn enable(&self, name: &str) -> Result<(), ClockRulesError> {
        self.pace.turn().await;
        let answer = self.client.enable_rule().name(name).send().await;
        called("enabling", name, answer).map(drop)
    }

    /// Stops a rule from firing and keeps it.
    ///
    /// # Errors
    /// [`ClockRulesError`]; nothing was changed, or the answer was lost.
    pub async fn disable(&self, name: &str) -> Result<(), ClockRulesError> {
        self.pace.turn().await;
        let answer = self.client.disable_rule().name(name).send().await;
        called("disabling", name, answer).map(drop)
    }

    /// Removes a rule with all its targets. A rule that is gone already is no error.
    ///
    /// # Errors
    /// [`ClockRulesError`]; the rule may have lost its targets. Doing it again completes it.
    pub async fn delete(&self, name: &str) -> Result<(), ClockRulesError> {
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

    async fn put_rule(&self, doing: &'static str, rule: &Rule) -> Result<(), ClockRulesError> {
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

    async fn put_target(&self, rule: &Rule) -> Result<(), ClockRulesError> {
        let doing = "setting the target of";
        let target = aws_target(&rule.target)
            .map_err(|source| ClockRulesError::build(doing, &rule.name, source))?;
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
    async fn target_ids(&self, name: &str) -> Result<Vec<String>, ClockRulesError> {
        self.pace.turn().await;
        let answer = self.client.list_targets_by_rule().rule(name).send().await;
        let answer = called("listing the targets of", name, answer)?;
        Ok(answer
            .targets()
            .iter()
            .map(|target| target.id.clone())
            .collect())
    }

    async fn remove_targets(&self, name: &str, ids: Vec<String>) -> Result<(), ClockRulesError> {
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

fn endless(doing: &'static str, name: &str) -> ClockRulesError {
    ClockRulesError::Endless {
        doing,
        name: name.to_owned(),
        pages: PAGES_MAX,
    }
}
