//! Why an instant is a fire, or is none, where clock changes have a say.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use serde::Serialize;

use super::{GapPolicy, RepeatPolicy, Schedule, zone};

/// What the schedule says about one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What the wall clock of the schedule's zone shows, as in "Fri 2026-11-20 06:00 PST".
    pub wall_clock: String,
    /// Whether the schedule fires then.
    pub is_fire: bool,
    /// The last fire before.
    pub before: Option<DateTime<Utc>>,
    /// The first fire after.
    pub after: Option<DateTime<Utc>>,
    /// What a clock change does to it, in one sentence without a full stop.
    pub clock_change: Option<String>,
}

impl Schedule {
    /// Explains an instant.
    #[must_use]
    pub fn explain(&self, at: DateTime<Utc>) -> Explained {
        let is_fire = self.is_fire(at);
        let there = at.with_timezone(&self.zone);
        Explained {
            wall_clock: there.format("%a %Y-%m-%d %H:%M %Z").to_string(),
            is_fire,
            before: self.last_before(at),
            after: self.next_after(at),
            clock_change: self
                .gap_before(at, is_fire)
                .or_else(|| self.repetition(at, is_fire)),
        }
    }

    /// The instant that a wall-clock time of the schedule's zone speaks of: of two, the one that
    /// is a fire, else the first; of none, the first instant after the gap.
    #[must_use]
    pub fn instant_of(&self, civil: NaiveDateTime) -> Option<DateTime<Utc>> {
        let both = zone::instants(self.zone, civil, GapPolicy::Shift, RepeatPolicy::Both);
        let mut both = both.into_iter().flatten();
        let first = both.next()?;
        let second = both.next().filter(|it| self.is_fire(*it));
        Some(second.filter(|_| !self.is_fire(first)).unwrap_or(first))
    }

    fn is_fire(&self, at: DateTime<Utc>) -> bool {
        self.next_after(at - TimeDelta::nanoseconds(1)) == Some(at)
    }

    /// The clocks went forward at `at`, over a wall-clock time that the expression names.
    fn gap_before(&self, at: DateTime<Utc>, is_fire: bool) -> Option<String> {
        let before = zone::offset_at(self.zone, at - TimeDelta::seconds(1));
        let after = zone::offset_at(self.zone, at);
        let gap = at.naive_utc() + before..at.naive_utc() + after;
        let named = self.calendar.next(gap.start - TimeDelta::seconds(1))?;
        if !gap.contains(&named) {
            return None;
        }
        let consequence = match (self.fields.follows_wall_clock(), self.gap) {
            (false, _) => "it follows elapsed time and does not fire for it",
            (true, GapPolicy::Skip) => "it does not fire for it (gap policy `skip`)",
            (true, GapPolicy::Shift) if is_fire => {
                "it fires at the first instant after (gap policy `shift`)"
            }
            (true, GapPolicy::Shift) => return None,
        };
        let named = named.format("%Y-%m-%d %H:%M");
        Some(format!(
            "{named} does not exist in {}: {consequence}",
            self.zone
        ))
    }

    /// The wall clock shows the same time twice.
    fn repetition(&self, at: DateTime<Utc>, is_fire: bool) -> Option<String> {
        let civil = zone::wall_clock(self.zone, at);
        let MappedLocalTime::Ambiguous(first, _) = self.zone.from_local_datetime(&civil) else {
            return None;
        };
        if self.calendar.next(civil - TimeDelta::seconds(1)) != Some(civil) {
            return None;
        }
        let pass = if first.to_utc() == at {
            "first"
        } else {
            "second"
        };
        let policy = match (self.fields.follows_wall_clock(), self.repeat) {
            (false, _) => "it follows elapsed time and fires both times",
            (true, RepeatPolicy::First) => "it fires the first time (repeat policy `first`)",
            (true, RepeatPolicy::Second) => "it fires the second time (repeat policy `second`)",
            (true, RepeatPolicy::Both) => "it fires both times (repeat policy `both`)",
        };
        let verb = if is_fire { "is" } else { "would be" };
        let civil = civil.format("%Y-%m-%d %H:%M");
        Some(format!(
            "{civil} comes twice in {}, and this {verb} the {pass}: {policy}",
            self.zone
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(cron: &str, gap: GapPolicy, repeat: RepeatPolicy, at: &str) -> Explained {
        let schedule = Schedule::parse(cron, "America/New_York", gap, repeat).unwrap();
        schedule.explain(at.parse().unwrap())
    }

    fn plain(cron: &str, at: &str) -> Explained {
        explained(cron, GapPolicy::Shift, RepeatPolicy::First, at)
    }

    #[test]
    fn an_ordinary_fire_has_neighbours_and_no_clock_change() {
        let told = plain("30 6 * * *", "2026-11-20T11:30:00Z");

        assert_eq!(told.wall_clock, "Fri 2026-11-20 06:30 EST");
        assert!(told.is_fire);
        assert_eq!(told.before, Some("2026-11-19T11:30:00Z".parse().unwrap()));
        assert_eq!(told.after, Some("2026-11-21T11:30:00Z".parse().unwrap()));
        assert_eq!(told.clock_change, None);
    }

    #[test]
    fn an_instant_that_is_no_fire_says_so() {
        assert!(!plain("30 6 * * *", "2026-11-20T11:31:00Z").is_fire);
        assert!(!plain("30 6 * * *", "2026-11-20T11:30:00.5Z").is_fire);
    }

    #[test]
    fn a_fire_after_a_gap_names_the_time_that_does_not_exist() {
        let end_of_gap = "2026-03-08T07:00:00Z";
        let shifted = plain("30 2 * * *", end_of_gap);
        assert!(shifted.is_fire);
        assert_eq!(
            shifted.clock_change.unwrap(),
            "2026-03-08 02:30 does not exist in America/New_York: it fires at the first instant \
             after (gap policy `shift`)"
        );

        let skipped = explained(
            "30 2 * * *",
            GapPolicy::Skip,
            RepeatPolicy::First,
            end_of_gap,
        );
        assert!(!skipped.is_fire);
        assert!(skipped.clock_change.unwrap().contains("`skip`"));
        assert_eq!(plain("30 4 * * *", end_of_gap).clock_change, None);
    }

    #[test]
    fn a_repeated_time_tells_its_pass_and_policy() {
        let (first, second) = ("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z");
        let told = plain("30 1 * * *", first);
        assert!(told.is_fire);
        assert!(told.clock_change.unwrap().contains("this is the first"));

        let told = plain("30 1 * * *", second);
        assert!(!told.is_fire);
        assert!(
            told.clock_change
                .unwrap()
                .contains("this would be the second: it fires the first time")
        );
    }

    #[test]
    fn a_wall_clock_time_becomes_the_instant_that_fires() {
        let schedule = |repeat| {
            Schedule::parse("30 1 * * *", "America/New_York", GapPolicy::Skip, repeat).unwrap()
        };
        let at = |schedule: Schedule, text: &str| schedule.instant_of(text.parse().unwrap());
        let twice = "2026-11-01T01:30:00";

        let first = at(schedule(RepeatPolicy::First), twice);
        assert_eq!(first, Some("2026-11-01T05:30:00Z".parse().unwrap()));
        let second = at(schedule(RepeatPolicy::Second), twice);
        assert_eq!(second, Some("2026-11-01T06:30:00Z".parse().unwrap()));
        let missing = at(schedule(RepeatPolicy::First), "2026-03-08T02:30:00");
        assert_eq!(missing, Some("2026-03-08T07:00:00Z".parse().unwrap()));
    }
}
