//! The difference between the rules that should be and the rules that are. Pure.

use std::collections::{BTreeMap, BTreeSet};

use shared::{clients::cloud_clock::ListedRule, config::ClockBackend};

use crate::{
    desired::DesiredRule,
    mark::{Mark, When},
    names,
};

/// One thing to do. The order of the variants is the order of doing: what frees room or stops
/// something comes before what takes room or starts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A rule of ours that no job needs any more.
    Delete(ListedRule),
    /// A rule that must not fire any more.
    Disable {
        /// What it should be.
        desired: DesiredRule,
        /// What it is.
        was: ListedRule,
    },
    /// A rule that differs from what it should be, or lacks its target.
    Update {
        /// What it should be.
        desired: DesiredRule,
        /// What it is.
        was: ListedRule,
    },
    /// A rule that must fire again.
    Enable {
        /// What it should be.
        desired: DesiredRule,
        /// What it is.
        was: ListedRule,
    },
    /// A rule that does not exist yet.
    Create(DesiredRule),
}

impl Change {
    /// The rule's name, before the change where it has one.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Delete(was)
            | Self::Disable { was, .. }
            | Self::Update { was, .. }
            | Self::Enable { was, .. } => &was.name,
            Self::Create(desired) => &desired.rule.name,
        }
    }

    /// What the rule becomes; `None` when it goes.
    #[must_use]
    pub const fn desired(&self) -> Option<&DesiredRule> {
        match self {
            Self::Delete(_) => None,
            Self::Create(desired)
            | Self::Disable { desired, .. }
            | Self::Update { desired, .. }
            | Self::Enable { desired, .. } => Some(desired),
        }
    }

    /// What there is now; `None` for a new rule.
    pub fn was_mut(&mut self) -> Option<&mut ListedRule> {
        match self {
            Self::Create(_) => None,
            Self::Delete(was)
            | Self::Disable { was, .. }
            | Self::Update { was, .. }
            | Self::Enable { was, .. } => Some(was),
        }
    }

    /// What is done to it, as in "create".
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Delete(_) => "delete",
            Self::Disable { .. } => "disable",
            Self::Update { .. } => "update",
            Self::Enable { .. } => "enable",
            Self::Create(_) => "create",
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Delete(_) => 0,
            Self::Disable { .. } => 1,
            Self::Update { .. } => 2,
            Self::Enable { .. } => 3,
            Self::Create(_) => 4,
        }
    }
}

/// The cloud as it was seen.
#[derive(Clone, Debug, Default)]
pub struct Actual {
    /// Whose listing it is.
    pub clock: ClockBackend,
    /// What the names of our rules start with, as in `sundial-`.
    pub prefix: String,
    /// Rules whose name starts like that.
    pub rules: Vec<ListedRule>,
    /// For each function that was asked about, the names of the rules that wake it. A function
    /// that is missing here was not asked about.
    pub wakers: BTreeMap<String, BTreeSet<String>>,
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Changes in the order of doing.
    pub changes: Vec<Change>,
    /// Rules that are as they should be.
    pub unchanged: usize,
    /// Those of them that were seen and are a job's.
    pub confirmed: Vec<DesiredRule>,
    /// Whether all rules were compared, and thoroughly.
    pub is_thorough: bool,
    /// Rules that carry our prefix but not our mark. They are left alone.
    pub strangers: Vec<String>,
    /// Characters of the longest expression of all rules that should be.
    pub expression_longest: usize,
}

/// Compares. Rules whose stem is in `untouchable` (their job's row cannot be read) are left as they are.
#[must_use]
pub fn plan(desired: Vec<DesiredRule>, mut actual: Actual, untouchable: &BTreeSet<String>) -> Plan {
    let lengths = desired.iter().map(|it| it.rule.expression.len());
    let mut plan = Plan {
        expression_longest: lengths.max().unwrap_or_default(),
        ..Plan::default()
    };
    let clock = actual.clock;
    let mut there: BTreeMap<String, Vec<ListedRule>> = BTreeMap::new();
    for rule in std::mem::take(&mut actual.rules) {
        let stem = names::stem_of(clock, &rule.name).to_owned();
        there.entry(stem).or_default().push(rule);
    }
    for desired in desired {
        let mut of_job = there.remove(&desired.stem).unwrap_or_default();
        // Several are there when a change was interrupted between the new one and the old one's end.
        of_job.sort_by_key(|was| was.name == desired.rule.name);
        let was = of_job.pop();
        plan.changes.extend(of_job.into_iter().map(Change::Delete));
        // One that is over is left as it is, whatever it is.
        let is_seen = was.is_some() && desired.next_fire.is_some();
        let confirmed = is_seen.then(|| desired.clone());
        match compare(desired, was, &actual) {
            Some(change) => plan.changes.push(change),
            None => {
                plan.unchanged += 1;
                plan.confirmed.extend(confirmed);
            }
        }
    }
    for was in there.into_values().flatten() {
        match names::is_owned(clock, &was, &actual.prefix) {
            _ if untouchable.contains(names::stem_of(clock, &was.name)) => plan.unchanged += 1,
            true => plan.changes.push(Change::Delete(was)),
            false => plan.strangers.push(was.name),
        }
    }
    plan.changes.sort_by_key(Change::rank);
    plan
}

/// What one rule needs; `None` when nothing.
fn compare(desired: DesiredRule, was: Option<ListedRule>, actual: &Actual) -> Option<Change> {
    let Some(was) = was else {
        return desired
            .next_fire
            .is_some()
            .then_some(Change::Create(desired));
    };
    let rule = &desired.rule;
    let differs = match actual.clock {
        ClockBackend::Rules => {
            let mark = was.description.as_deref().and_then(Mark::find);
            let wakers = actual.wakers.get(&rule.target.arn);
            mark.as_ref() != Some(&desired.mark)
                || was.expression.as_deref() != Some(&rule.expression)
                || wakers.is_some_and(|names| !names.contains(&rule.name))
        }
        ClockBackend::Scheduler => {
            was.name != rule.name
                || was.is_edited
                || was.target.as_deref() != Some(&rule.target.arn)
        }
    };
    let is_switched = was.is_enabled != rule.is_enabled;
    match (actual.clock, differs) {
        // Scheduler takes no schedule for a time that is past; the one there is may just be firing.
        (ClockBackend::Scheduler, _) if is_over(&desired) => None,
        (ClockBackend::Rules, true) => Some(Change::Update { desired, was }),
        _ if is_switched && was.is_enabled => Some(Change::Disable { desired, was }),
        _ if is_switched => Some(Change::Enable { desired, was }),
        (_, true) => Some(Change::Update { desired, was }),
        (_, false) => None,
    }
}

/// Whether it is a single time that is past.
fn is_over(desired: &DesiredRule) -> bool {
    desired.next_fire.is_none() && matches!(desired.mark.when, When::At(_))
}

#[cfg(test)]
mod schedule_tests;
#[cfg(test)]
pub(crate) mod tests;
