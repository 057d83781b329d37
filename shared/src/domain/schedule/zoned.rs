//! The same for a clock that knows time zones: `EventBridge` Scheduler.
//!
//! Scheduler drops a fire whose wall-clock time is skipped, and fires once when one comes twice; our
//! policies say more. So the zone is left to it where no fire ever meets a clock change, and there the
//! expression is exact. All other schedules get the expression in UTC that a rule would have.
//!
//! **Source:** `EventBridge` Scheduler user guide, "Daylight saving time on EventBridge Scheduler".

use chrono::{DateTime, Utc};

use super::{Schedule, Zone, cloud::Slots, zone::OffsetChange};

impl Schedule {
    /// The `cron(…)` expression of a schedule of Scheduler, and its zone. It fires at least whenever
    /// this schedule does, from now until five years ahead, and is as short as that of a rule.
    #[must_use]
    pub fn zoned_expression(&self, now: DateTime<Utc>) -> (String, Zone) {
        let (_, changes) = self.coming_changes(now);
        match changes.iter().any(|change| self.meets(change)) {
            true => (self.rule_expression(now), Zone::UTC),
            false => {
                let (minutes, hours) = (self.fields.minute.values, self.fields.hour.values);
                let slots = Slots::of_the_wall_clock(minutes, hours);
                (self.covering(&slots), self.zone)
            }
        }
    }

    /// Whether a fire can fall on a wall-clock time that this change skips or repeats.
    fn meets(&self, change: &OffsetChange) -> bool {
        let at = change.at.naive_utc();
        let (early, late) = (
            change.before.min(change.after),
            change.before.max(change.after),
        );
        !self.times_in(at + early..at + late).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{GapPolicy, RepeatPolicy};

    fn zoned(expression: &str, zone: &str) -> (String, &'static str) {
        let gap = GapPolicy::default();
        let schedule = Schedule::parse(expression, zone, gap, RepeatPolicy::default());
        let now = "2026-11-27T00:00:00Z".parse().expect("a time");
        let (expression, zone) = schedule.expect("a schedule").zoned_expression(now);
        (expression, zone.name())
    }

    #[test]
    fn a_time_that_no_clock_change_touches_stays_on_the_wall_clock() {
        let (expression, zone) = zoned("0 9 * * MON-FRI", "America/New_York");
        assert_eq!(
            (expression.as_str(), zone),
            ("cron(0 9 ? * MON-FRI *)", "America/New_York")
        );
        let (expression, zone) = zoned("30 23 L * *", "Asia/Tokyo");
        assert_eq!(
            (expression.as_str(), zone),
            ("cron(30 23 L * ? *)", "Asia/Tokyo")
        );
    }

    #[test]
    fn a_time_that_is_skipped_or_repeated_is_covered_in_utc() {
        for (expression, zone) in [
            // Skipped in spring, and repeated in autumn.
            ("30 2 * * *", "America/New_York"),
            ("30 1 * * *", "America/New_York"),
            ("15 * * * *", "Europe/Berlin"),
            ("45 1 * * *", "Australia/Lord_Howe"),
        ] {
            let (zoned, zone) = zoned(expression, zone);
            assert_eq!(zone, "UTC", "{expression}: {zoned}");
        }
    }
}
