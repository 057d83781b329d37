//! The cloud's own clock: what fires when nobody of us runs.
//!
//! Two services can be it, behind one trait: rules of EventBridge ([`ClockRules`]) and schedules of
//! EventBridge Scheduler ([`ClockSchedules`]). What one of them holds for a job is called a rule here,
//! whichever service it is. Every call waits its turn (the account shares a few dozen calls a second),
//! and every call may be repeated: an interrupted change is completed by doing it again.

mod error;
mod pace;
mod rule;
mod rules;
mod schedules;

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::{SdkConfig, timeout::TimeoutConfig};

#[cfg(any(test, feature = "testing"))]
pub use self::rules::{StandInEventBridge, StandInRule};
pub use self::{
    error::CloudClockError,
    rule::{DESCRIPTION_MAX, EXPRESSION_MAX, ListedRule, NAME_MAX, Rule, Target},
    rules::{ClockRules, RULES_PER_BUS},
    schedules::{ClockSchedules, SCHEDULED_TIME, SCHEDULES_PER_REGION},
};
use crate::config::{ClockBackend, Rules};

/// Rules asked for per page. **Source:** API references of ListRules and ListSchedules: at most 100.
pub const PAGE_SIZE: u8 = 100;

/// Pages read before the answer counts as endless: 200 × 100 rules, as many jobs as are ever read.
const PAGES_MAX: usize = 200;

/// One call with the SDK's own retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// One try of a call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(CALL_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// A service of the cloud that fires.
#[async_trait]
pub trait CloudClock: fmt::Debug + Send + Sync {
    /// Which service it is.
    fn backend(&self) -> ClockBackend;

    /// All rules whose name starts with `prefix`, with an empty prefix every one there is. What a
    /// listing does not tell is left out; see [`ListedRule`].
    ///
    /// # Errors
    /// [`CloudClockError`] when a page cannot be read; a part of the rules is never returned.
    async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, CloudClockError>;

    /// The same rule with what its listing left out. One that is gone meanwhile stays as it was listed.
    ///
    /// # Errors
    /// [`CloudClockError`] when the service does not answer.
    async fn describe(&self, rule: ListedRule) -> Result<ListedRule, CloudClockError>;

    /// Names of all rules that have the function `arn` as a target, which tells the rules that lost
    /// theirs; `None` where a listing tells each rule's target anyway.
    ///
    /// # Errors
    /// [`CloudClockError`] when a page cannot be read.
    async fn names_by_target(&self, arn: &str)
    -> Result<Option<BTreeSet<String>>, CloudClockError>;

    /// Creates a rule. It never fires before it is complete, whatever interrupts us.
    ///
    /// # Errors
    /// [`CloudClockError`]; a draft that does not fire may exist by then. Doing it again completes it.
    async fn create(&self, rule: &Rule) -> Result<(), CloudClockError>;

    /// Puts `rule` in the place of the rule called `was`, which is not gone before the new one is there.
    /// One that was edited keeps its name, and is made anew.
    ///
    /// # Errors
    /// [`CloudClockError`]; a part may be done. Doing it again completes it.
    async fn replace(&self, rule: &Rule, was: &str) -> Result<(), CloudClockError> {
        if was == rule.name {
            self.delete(was).await?;
            return self.create(rule).await;
        }
        self.create(rule).await?;
        self.delete(was).await
    }

    /// Removes a rule with all its targets. One that is gone already is no error.
    ///
    /// # Errors
    /// [`CloudClockError`]; the rule may have lost its targets. Doing it again completes it.
    async fn delete(&self, name: &str) -> Result<(), CloudClockError>;
}

/// The clock of an installation: the one that its settings name.
#[must_use]
pub fn open(aws: &SdkConfig, settings: &Rules) -> Arc<dyn CloudClock> {
    open_backend(aws, settings, settings.clock)
}

/// The clock that the settings name, or the other one.
#[must_use]
pub fn open_backend(
    aws: &SdkConfig,
    settings: &Rules,
    backend: ClockBackend,
) -> Arc<dyn CloudClock> {
    let pace = settings.pace();
    match backend {
        ClockBackend::Rules => Arc::new(ClockRules::new(aws, pace)),
        ClockBackend::Scheduler => {
            Arc::new(ClockSchedules::new(aws, &settings.scheduler.group, pace))
        }
    }
}
