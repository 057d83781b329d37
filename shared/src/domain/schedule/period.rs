//! From when to when a schedule is in force.

use chrono::{DateTime, TimeDelta, Utc};

use super::Schedule;

/// The time in which a schedule's fire times count; both ends belong to it. Without an end it is
/// open there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    /// Earlier fire times are none.
    pub starts_at: Option<DateTime<Utc>>,
    /// Later fire times are none.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Period {
    /// Whether `at` belongs to it.
    #[must_use]
    pub fn has(self, at: DateTime<Utc>) -> bool {
        self.starts_at.is_none_or(|start| at >= start) && self.ends_at.is_none_or(|end| at <= end)
    }

    /// Where a search for what comes after `after` may begin.
    pub(super) fn clip_start(self, after: DateTime<Utc>) -> DateTime<Utc> {
        let before = |start: DateTime<Utc>| start.checked_sub_signed(TimeDelta::nanoseconds(1));
        self.starts_at
            .and_then(before)
            .map_or(after, |start| after.max(start))
    }

    /// Where a search for what comes before `before` may begin.
    pub(super) fn clip_end(self, before: DateTime<Utc>) -> DateTime<Utc> {
        let after = |end: DateTime<Utc>| end.checked_add_signed(TimeDelta::nanoseconds(1));
        self.ends_at
            .and_then(after)
            .map_or(before, |end| before.min(end))
    }
}

impl Schedule {
    /// The same schedule, firing within `period` only.
    #[must_use]
    pub fn within(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// When it is in force.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{GapPolicy, RepeatPolicy};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Hourly, in force from six to eight.
    fn morning() -> Schedule {
        let period = Period {
            starts_at: Some(at("2026-11-20T06:00:00Z")),
            ends_at: Some(at("2026-11-20T08:00:00Z")),
        };
        Schedule::parse("0 * * * *", "UTC", GapPolicy::Shift, RepeatPolicy::First)
            .unwrap()
            .within(period)
    }

    #[test]
    fn a_schedule_fires_within_its_period_only_and_at_both_ends() {
        let (start, end) = (at("2026-11-19T00:00:00Z"), at("2026-11-21T00:00:00Z"));
        let hours = [
            at("2026-11-20T06:00:00Z"),
            at("2026-11-20T07:00:00Z"),
            at("2026-11-20T08:00:00Z"),
        ];

        assert_eq!(morning().fires_between(start, end, 10), hours);
        assert_eq!(morning().latest_fires(start, end, 10), hours);
    }

    #[test]
    fn there_is_no_fire_after_the_end_and_none_before_the_start() {
        assert_eq!(morning().next_after(at("2026-11-20T08:00:00Z")), None);
        assert_eq!(morning().last_before(at("2026-11-20T06:00:00Z")), None);
    }
}
