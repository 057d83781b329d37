//! The difference between the rules that should be and the rules that are. Pure.

use std::collections::{BTreeMap, BTreeSet};

use shared::clients::clock_rules::ListedRule;

use crate::{
    desired::{self, DesiredRule},
    mark::Mark,
};

/// One thing to do. The order of the variants is the order of doing: what frees room or stops
/// something comes before what takes room or starts something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A rule of ours that no job needs any more.
    Delete(ListedRule),
    /// A rule that is right but must not fire.
    Disable(DesiredRule),
    /// A rule that differs from what it should be, or lacks its target.
    Update {
        /// What it should be.
        desired: DesiredRule,
        /// What it is.
        was: ListedRule,
    },
    /// A rule that is right and must fire again.
    Enable(DesiredRule),
    /// A rule that does not exist yet.
    Create(DesiredRule),
}

impl Change {
    /// The rule's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Delete(was) => &was.name,
            Self::Disable(desired)
            | Self::Update { desired, .. }
            | Self::Enable(desired)
            | Self::Create(desired) => &desired.rule.name,
        }
    }

    /// What is done to it, as in "create".
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Delete(_) => "delete",
            Self::Disable(_) => "disable",
            Self::Update { .. } => "update",
            Self::Enable(_) => "enable",
            Self::Create(_) => "create",
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Delete(_) => 0,
            Self::Disable(_) => 1,
            Self::Update { .. } => 2,
            Self::Enable(_) => 3,
            Self::Create(_) => 4,
        }
    }
}

/// The cloud as it was seen.
#[derive(Clone, Debug, Default)]
pub struct Actual {
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
    /// Rules that carry our prefix but not our mark. They are left alone.
    pub strangers: Vec<String>,
}

/// Compares. Rules in `untouchable` (their job's row cannot be read) are left as they are.
#[must_use]
pub fn plan(desired: Vec<DesiredRule>, actual: Actual, untouchable: &BTreeSet<String>) -> Plan {
    let mut plan = Plan::default();
    let Actual {
        prefix,
        rules,
        wakers,
    } = actual;
    let mut rules: BTreeMap<_, _> = rules
        .into_iter()
        .map(|rule| (rule.name.clone(), rule))
        .collect();
    for desired in desired {
        let was = rules.remove(&desired.rule.name);
        match compare(desired, was, &wakers) {
            Some(change) => plan.changes.push(change),
            None => plan.unchanged += 1,
        }
    }
    for (name, was) in rules {
        match is_owned(&was, &prefix) {
            _ if untouchable.contains(&name) => plan.unchanged += 1,
            true => plan.changes.push(Change::Delete(was)),
            false => plan.strangers.push(name),
        }
    }
    plan.changes.sort_by_key(Change::rank);
    plan
}

/// What one rule needs; `None` when nothing.
fn compare(
    desired: DesiredRule,
    was: Option<ListedRule>,
    wakers: &BTreeMap<String, BTreeSet<String>>,
) -> Option<Change> {
    let Some(was) = was else {
        return desired
            .next_fire
            .is_some()
            .then_some(Change::Create(desired));
    };
    let rule = &desired.rule;
    let lost_its_target = wakers
        .get(&rule.target.arn)
        .is_some_and(|names| !names.contains(&rule.name));
    let differs = Mark::find(&was.description).as_ref() != Some(&desired.mark)
        || was.expression.as_deref() != Some(&rule.expression);
    if differs || lost_its_target {
        return Some(Change::Update { desired, was });
    }
    match (was.is_enabled, rule.is_enabled) {
        (true, false) => Some(Change::Disable(desired)),
        (false, true) => Some(Change::Enable(desired)),
        _ => None,
    }
}

/// Whether a rule is ours: its mark must be readable and belong to its name, so that a description
/// copied to another rule does not give that one away. Between prefix and id stands a job type and
/// thus no hyphen: the rules of an installation `sundial-dev` are not those of `sundial`.
fn is_owned(rule: &ListedRule, prefix: &str) -> bool {
    Mark::find(&rule.description).is_some_and(|mark| {
        let end = format!("-{}", desired::tail(mark.job_id));
        let inner = rule.name.strip_prefix(prefix);
        let job_type = inner.and_then(|inner| inner.strip_suffix(&end));
        job_type.is_some_and(|job_type| !job_type.is_empty() && !job_type.contains('-'))
    })
}

#[cfg(test)]
mod tests;
