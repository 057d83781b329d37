//! What whoever makes rules of the cloud's clock reads from the environment.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::Environment;

/// What the reconciler needs to make rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `SUNDIAL_RULE_PREFIX`: rules whose name starts with this and a hyphen are ours.
    pub prefix: String,
    /// `SUNDIAL_FUNCTION_ARN`: the ARN of a function, with `{function}` for its name.
    pub function_arn: String,
    /// `SUNDIAL_RULE_CALLS_PER_SECOND`: how fast we may call the clock's API. The quota of
    /// EventBridge, about 50 calls a second, is shared by the whole account.
    pub calls_per_second: u64,
    /// `SUNDIAL_RULES_OWNER`: who makes, changes and removes them.
    pub owner: RulesOwner,
    /// `SUNDIAL_CLOCK`: which service fires.
    pub clock: ClockBackend,
    /// What schedules of Scheduler need besides.
    pub scheduler: Scheduler,
}

/// Which service of AWS is the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockBackend {
    /// Rules of EventBridge: UTC, 300 per region by default.
    #[default]
    Rules,
    /// Schedules of EventBridge Scheduler: time zones, one-time schedules, millions per region.
    Scheduler,
}

/// Who makes, changes and removes the rules of jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RulesOwner {
    /// The reconciler, within a minute of a change.
    #[default]
    Reconciler,
    /// Terraform, whenever somebody applies it; the reconciler looks only.
    Terraform,
}

/// What schedules of EventBridge Scheduler need. All empty where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scheduler {
    /// `SUNDIAL_SCHEDULE_GROUP`: the group that holds ours.
    pub group: String,
    /// `SUNDIAL_SCHEDULER_ROLE_ARN`: the role that Scheduler assumes to wake functions.
    pub role_arn: String,
    /// `SUNDIAL_SCHEDULER_QUEUE_ARN`: the queue for what it cannot hand over, with `{function}`
    /// for the function's name; empty for none.
    pub queue_arn: String,
}

impl ClockBackend {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Rules => Self::Scheduler,
            Self::Scheduler => Self::Rules,
        }
    }

    fn read(env: &mut Environment) -> Self {
        match env.optional("SUNDIAL_CLOCK").as_deref() {
            None | Some("rules") => Self::Rules,
            Some("scheduler") => Self::Scheduler,
            Some(other) => env.problem(format!(
                "SUNDIAL_CLOCK is neither rules nor scheduler: {other:?}"
            )),
        }
    }
}

impl fmt::Display for ClockBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rules => "rules",
            Self::Scheduler => "scheduler",
        })
    }
}

impl RulesOwner {
    fn read(env: &mut Environment) -> Self {
        match env.optional("SUNDIAL_RULES_OWNER").as_deref() {
            None | Some("reconciler") => Self::Reconciler,
            Some("terraform") => Self::Terraform,
            Some(other) => env.problem(format!(
                "SUNDIAL_RULES_OWNER is neither reconciler nor terraform: {other:?}"
            )),
        }
    }
}

impl Scheduler {
    /// Group and role are required where Scheduler is the clock, and known elsewhere for the day
    /// on which it becomes or ceases to be.
    fn read(env: &mut Environment, clock: ClockBackend) -> Self {
        let mut needed = |name| match clock {
            ClockBackend::Scheduler => env.required(name),
            ClockBackend::Rules => env.optional(name).unwrap_or_default(),
        };
        Self {
            group: needed("SUNDIAL_SCHEDULE_GROUP"),
            role_arn: needed("SUNDIAL_SCHEDULER_ROLE_ARN"),
            queue_arn: env
                .optional("SUNDIAL_SCHEDULER_QUEUE_ARN")
                .unwrap_or_default(),
        }
    }
}

impl Rules {
    /// Reads `SUNDIAL_RULE_PREFIX`, `SUNDIAL_FUNCTION_ARN`, `SUNDIAL_RULE_CALLS_PER_SECOND`,
    /// `SUNDIAL_RULES_OWNER`, `SUNDIAL_CLOCK`, `SUNDIAL_SCHEDULE_GROUP`,
    /// `SUNDIAL_SCHEDULER_ROLE_ARN` and `SUNDIAL_SCHEDULER_QUEUE_ARN`.
    pub fn read(env: &mut Environment) -> Self {
        let clock = ClockBackend::read(env);
        let rules = Self {
            prefix: env.required("SUNDIAL_RULE_PREFIX"),
            function_arn: env.required("SUNDIAL_FUNCTION_ARN"),
            calls_per_second: env.number("SUNDIAL_RULE_CALLS_PER_SECOND", 1..=1_000),
            owner: RulesOwner::read(env),
            clock,
            scheduler: Scheduler::read(env, clock),
        };
        if !rules.prefix.is_empty() && !is_prefix(&rules.prefix) {
            env.problem::<()>(format!(
                "SUNDIAL_RULE_PREFIX is not 1 to 20 letters, digits, dots, hyphens or underscores: {:?}",
                rules.prefix
            ));
        }
        if !rules.function_arn.is_empty() && !rules.function_arn.contains(PLACEHOLDER) {
            env.problem::<()>("SUNDIAL_FUNCTION_ARN lacks the placeholder {function}".to_owned());
        }
        if (rules.clock, rules.owner) == (ClockBackend::Scheduler, RulesOwner::Terraform) {
            env.problem::<()>(
                "SUNDIAL_RULES_OWNER is terraform, which owns rules only: with SUNDIAL_CLOCK=scheduler it must be reconciler".to_owned(),
            );
        }
        rules
    }

    /// The ARN of the function called `name`.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        self.function_arn.replace(PLACEHOLDER, name)
    }

    /// The ARN of the queue for what Scheduler cannot hand over to the function called `name`.
    #[must_use]
    pub fn queue_arn(&self, name: &str) -> String {
        self.scheduler.queue_arn.replace(PLACEHOLDER, name)
    }

    /// The least time between two calls of the clock's API.
    #[must_use]
    pub fn pace(&self) -> Duration {
        let calls = u32::try_from(self.calls_per_second).unwrap_or(u32::MAX);
        Duration::from_secs(1) / calls.max(1)
    }
}

/// Where the name of a function goes in an ARN.
const PLACEHOLDER: &str = "{function}";

/// Rule names have 64 characters at most; the job type and the job's id need the rest.
fn is_prefix(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.len() <= 20 && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_prefix_leaves_room_for_the_rest_of_the_name() {
        for (prefix, is_good) in [("sundial", true), ("a/b", false), (LONG, false)] {
            assert_eq!(is_prefix(prefix), is_good, "{prefix}");
        }
    }

    const LONG: &str = "a-prefix-of-more-than-20-characters";

    /// What is wrong with an environment that has `more` besides what is always needed.
    fn problem(more: &'static [(&str, &str)]) -> String {
        let always = [
            ("SUNDIAL_RULE_PREFIX", "sundial"),
            ("SUNDIAL_FUNCTION_ARN", "arn:{function}"),
            ("SUNDIAL_RULE_CALLS_PER_SECOND", "10"),
        ];
        let mut env = Environment::from_lookup(move |name| {
            let mut all = always.iter().chain(more);
            let found = all.find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        Rules::read(&mut env);
        let result = env.finish();
        result.err().map(|it| it.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_clock_needs_what_it_works_with() {
        assert_eq!(problem(&[]), "", "rules are the default");
        let said = problem(&[("SUNDIAL_CLOCK", "scheduler")]);
        assert!(said.contains("SUNDIAL_SCHEDULE_GROUP"), "{said}");
        assert!(said.contains("SUNDIAL_SCHEDULER_ROLE_ARN"), "{said}");
        let said = problem(&[("SUNDIAL_CLOCK", "sundial")]);
        assert!(said.contains("neither rules nor scheduler"), "{said}");
    }

    #[test]
    fn terraform_owns_rules_only() {
        let said = problem(&[
            ("SUNDIAL_CLOCK", "scheduler"),
            ("SUNDIAL_SCHEDULE_GROUP", "sundial"),
            ("SUNDIAL_SCHEDULER_ROLE_ARN", "arn:role"),
            ("SUNDIAL_RULES_OWNER", "terraform"),
        ]);
        assert!(said.contains("it must be reconciler"), "{said}");
    }
}
