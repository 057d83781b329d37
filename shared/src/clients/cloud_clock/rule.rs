//! A rule of the cloud's clock, as it shall be and as it is listed.

use std::collections::BTreeMap;

/// Longest name. **Source:** API references of PutRule and CreateSchedule.
pub const NAME_MAX: usize = 64;

/// Longest description, in characters. **Source:** as above.
pub const DESCRIPTION_MAX: usize = 512;

/// Longest expression, in characters. **Source:** as above.
pub const EXPRESSION_MAX: usize = 256;

/// A rule as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// At most [`NAME_MAX`] of `[.\-_A-Za-z0-9]`.
    pub name: String,
    /// `cron(…)`, or with Scheduler also `at(…)`.
    pub expression: String,
    /// The IANA zone whose wall clock the expression speaks of. Rules of EventBridge know UTC only.
    pub zone: String,
    /// Whether it fires.
    pub is_enabled: bool,
    /// For people, and the mark by which the reconciler knows what it wrote.
    /// At most [`DESCRIPTION_MAX`] characters.
    pub description: String,
    /// The description while the rule is not complete, for a service that makes it in steps.
    pub draft: String,
    /// Whom it wakes.
    pub target: Target,
}

/// Whom a rule wakes, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The function's ARN.
    pub arn: String,
    /// Names for parts of the event, by JSON path; for rules of EventBridge.
    pub input_paths: BTreeMap<String, String>,
    /// The function's input, with the service's own placeholder where the time goes.
    pub input_template: String,
    /// The role that Scheduler assumes to wake it; empty for rules of EventBridge.
    pub role_arn: String,
    /// The queue for what Scheduler cannot hand over; empty for none.
    pub queue_arn: String,
}

/// A rule as a listing tells it. A listing of EventBridge has no targets; one of Scheduler has
/// neither expressions, zones nor descriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedRule {
    /// The rule's name.
    pub name: String,
    /// Whether it fires.
    pub is_enabled: bool,
    /// Its schedule; `None` when it waits for events instead, or is not told.
    pub expression: Option<String>,
    /// The IANA zone of the expression; `None` when it is not told. Rules are in UTC.
    pub zone: Option<String>,
    /// Empty when it has none; `None` when it is not told.
    pub description: Option<String>,
    /// The ARN of whom it wakes; `None` when it is not told.
    pub target: Option<String>,
    /// Whether somebody changed it after it was created, where the listing tells. We never do:
    /// a schedule that shall be another gets another name.
    pub is_edited: bool,
}

impl Rule {
    /// What it says: its expression, and its zone unless that is UTC.
    #[must_use]
    pub fn says(&self) -> String {
        in_zone(&self.expression, Some(&self.zone))
    }
}

impl ListedRule {
    /// What it says, as [`Rule::says`]; `None` when it has no schedule, or it is not told.
    #[must_use]
    pub fn says(&self) -> Option<String> {
        let expression = self.expression.as_deref()?;
        Some(in_zone(expression, self.zone.as_deref()))
    }
}

fn in_zone(expression: &str, zone: Option<&str>) -> String {
    match zone {
        None | Some("UTC") => expression.to_owned(),
        Some(zone) => format!("{expression} {zone}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_says_names_a_zone_that_is_not_utc() {
        let listed = |zone: Option<&str>| ListedRule {
            expression: Some("cron(0 6 * * ? *)".to_owned()),
            zone: zone.map(str::to_owned),
            ..ListedRule::default()
        };
        let says = |zone| listed(zone).says().expect("an expression");
        assert_eq!(says(None), "cron(0 6 * * ? *)");
        assert_eq!(says(Some("UTC")), "cron(0 6 * * ? *)");
        assert_eq!(says(Some("Asia/Tokyo")), "cron(0 6 * * ? *) Asia/Tokyo");
        assert_eq!(ListedRule::default().says(), None);
    }
}
