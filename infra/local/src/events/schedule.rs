//! Schedule expressions of rules: `cron(…)` and `rate(…)`.
//!
//! **Source:** AWS, EventBridge user guide, "Rate expressions reference".

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::cron::Cron;

/// A schedule that AWS would accept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schedule {
    Cron(Cron),
    Rate(TimeDelta),
}

impl Schedule {
    /// `None` when AWS would refuse the expression.
    pub(crate) fn parse(expression: &str) -> Option<Self> {
        if let Some(fields) = inside(expression, "cron(") {
            return Cron::parse(fields).map(Self::Cron);
        }
        inside(expression, "rate(").and_then(rate).map(Self::Rate)
    }

    /// The first fire time after `moment`. A rate counts from the whole second in which the rule was
    /// created, and first fires one period later.
    pub(crate) fn next_after(
        &self,
        moment: DateTime<Utc>,
        created: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => cron.next_after(moment),
            Self::Rate(period) => {
                let start = created.with_nanosecond(0)?;
                let passed = (moment - start).num_seconds().max(0) / period.num_seconds();
                start.checked_add_signed(period.checked_mul(i32::try_from(passed + 1).ok()?)?)
            }
        }
    }
}

pub(crate) fn inside<'a>(expression: &'a str, opening: &str) -> Option<&'a str> {
    expression.strip_prefix(opening)?.strip_suffix(')')
}

/// `N unit`, one blank between them; the unit is singular exactly when N is 1.
fn rate(text: &str) -> Option<TimeDelta> {
    let (value, unit) = text.split_once(' ')?;
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i64 = value.parse().ok().filter(|value| *value > 0)?;
    let unit = match (unit, value) {
        ("minute", 1) | ("minutes", 2..) => TimeDelta::minutes(1),
        ("hour", 1) | ("hours", 2..) => TimeDelta::hours(1),
        ("day", 1) | ("days", 2..) => TimeDelta::days(1),
        _ => return None,
    };
    unit.checked_mul(i32::try_from(value).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_keeps_its_phase() {
        let schedule = Schedule::parse("rate(7 minutes)").unwrap();
        let created = "2026-11-20T10:55:12.345Z".parse().unwrap();
        let next = |now: &str| {
            schedule
                .next_after(now.parse().unwrap(), created)
                .unwrap()
                .to_rfc3339()
        };

        assert_eq!(
            next("2026-11-20T10:55:12.345Z"),
            "2026-11-20T11:02:12+00:00"
        );
        assert_eq!(next("2026-11-20T11:02:12Z"), "2026-11-20T11:09:12+00:00");
        assert_eq!(next("2026-11-20T12:00:00Z"), "2026-11-20T12:05:12+00:00");
    }

    #[test]
    fn only_well_formed_expressions_are_accepted() {
        for good in [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(2 days)",
            "cron(0 2 ? * SAT#3 *)",
        ] {
            assert!(Schedule::parse(good).is_some(), "{good} was refused");
        }
        // Source: each of these was answered with ValidationException by AWS itself.
        for bad in [
            "rate(10 seconds)",
            "rate(10 years)",
            "rate(1 minutes)",
            "rate(1 hours)",
            "rate(1 days)",
            "rate(10 minute)",
            "rate(10 hour)",
            "rate(10 day)",
            "rate()",
            "rate(10)",
            "rate(10 minutess)",
            "rate(foo minutes)",
            "rate(0 minutes)",
            "rate(-10 minutes)",
            "rate(10 MINUTES)",
            "rate( 10 minutes )",
            " rate(10 minutes)",
            "cron(INVALID)",
            "at(2026-11-20T10:00:00)",
            "",
            "10 minutes",
            "cron(0 10 * * ? *",
        ] {
            assert_eq!(Schedule::parse(bad), None, "{bad} was accepted");
        }
    }
}
