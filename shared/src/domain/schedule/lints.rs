//! What is odd about a schedule that is nevertheless valid.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{
    GapPolicy, RepeatPolicy, Schedule,
    zone::{self, OffsetChange},
};

/// How far ahead clock changes are looked up: two of each kind.
const CLOCK_CHANGES_DAYS: i64 = 2 * 366;
/// Days of each month, January first; February of a common year.
const DAYS_IN_MONTH: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A remark on a schedule, for the person who is about to save it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Lint {
    /// `never_fires`, `every_minute`, `days_29_to_31`, `dst_gap`, `dst_repeat` or `crowded`.
    pub code: &'static str,
    /// One sentence with the consequence.
    pub message: String,
}

/// More jobs than this in one minute start late: functions are throttled, vendors push back.
pub const CROWD: usize = 10;

/// A remark on a schedule that fires in the same minute as `others` do. `None` while they are few.
#[must_use]
pub fn crowded(others: usize) -> Option<Lint> {
    (others >= CROWD).then(|| Lint {
        code: "crowded",
        message: format!(
            "It fires in the same minute as {others} others; `schedules spread` offers a quieter one"
        ),
    })
}

impl Schedule {
    /// Everything odd about the schedule, seen from now. Empty for most.
    #[must_use]
    pub fn lints(&self, now: DateTime<Utc>) -> Vec<Lint> {
        if self.next_after(now).is_none() {
            let message = "There is no such date before the year 2100: it never fires".to_owned();
            return vec![Lint {
                code: "never_fires",
                message,
            }];
        }
        [self.every_minute(), self.short_months()]
            .into_iter()
            .flatten()
            .chain(self.clock_changes(now))
            .collect()
    }

    fn every_minute(&self) -> Option<Lint> {
        let all = self.fields.minute.values.len() == 60 && self.fields.hour.values.len() == 24;
        all.then(|| Lint {
            code: "every_minute",
            message: "It fires every minute, 1,440 times a day".to_owned(),
        })
    }

    fn short_months(&self) -> Option<Lint> {
        let days = self.fields.day_of_month;
        if days.starred || days.values.len() == 31 {
            return None;
        }
        let months = self.fields.month.values;
        let missing = (29..=31)
            .filter(|day| days.values.contains(*day))
            .find(|day| {
                (1..)
                    .zip(DAYS_IN_MONTH)
                    .any(|(month, length)| months.contains(month) && length < *day)
            })?;
        Some(Lint {
            code: "days_29_to_31",
            message: format!(
                "Day {missing} does not exist in every month or year it names, and is skipped there; `L` is the last day of any month"
            ),
        })
    }

    /// The first gap and the first repeated hour that the schedule falls into.
    fn clock_changes(&self, now: DateTime<Utc>) -> Vec<Lint> {
        let follows_wall_clock = self.fields.follows_wall_clock();
        if !follows_wall_clock && self.fields.hour.values.len() == 24 {
            return Vec::new();
        }
        let until = now + TimeDelta::days(CLOCK_CHANGES_DAYS);
        let changes = zone::offset_changes(self.zone, now, until);
        let (gaps, repeats): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| change.after > change.before);
        let gap = gaps.into_iter().find_map(|change| self.gap_lint(change));
        let repeat = repeats
            .into_iter()
            .find_map(|change| self.repeat_lint(change));
        gap.into_iter().chain(repeat).collect()
    }

    fn gap_lint(&self, change: OffsetChange) -> Option<Lint> {
        let civil = self.civil_within(change, change.before, change.after)?;
        let end = (change.at.naive_utc() + change.after).format("%H:%M");
        let consequence = match (self.fields.follows_wall_clock(), self.gap) {
            (true, GapPolicy::Shift) => format!("it fires at {end} instead (gap policy `shift`)"),
            (true, GapPolicy::Skip) => "it does not fire then (gap policy `skip`)".to_owned(),
            (false, _) => "it does not fire then (it follows elapsed time)".to_owned(),
        };
        Some(Lint {
            code: "dst_gap",
            message: format!("{civil} does not exist in {}: {consequence}", self.zone),
        })
    }

    fn repeat_lint(&self, change: OffsetChange) -> Option<Lint> {
        let civil = self.civil_within(change, change.after, change.before)?;
        let consequence = match (self.fields.follows_wall_clock(), self.repeat) {
            (true, RepeatPolicy::First) => "it fires the first time (repeat policy `first`)",
            (true, RepeatPolicy::Second) => "it fires the second time (repeat policy `second`)",
            (true, RepeatPolicy::Both) => "it fires both times (repeat policy `both`)",
            (false, _) => "it fires both times (it follows elapsed time)",
        };
        Some(Lint {
            code: "dst_repeat",
            message: format!("{civil} comes twice in {}: {consequence}", self.zone),
        })
    }

    /// The first wall-clock time the expression names among those a change skips or repeats.
    fn civil_within(
        &self,
        change: OffsetChange,
        low: TimeDelta,
        high: TimeDelta,
    ) -> Option<String> {
        let at = change.at.naive_utc();
        let civil = self.calendar.next(at + low - TimeDelta::seconds(1))?;
        (civil < at + high).then(|| civil.format("%Y-%m-%d %H:%M").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_crowded_from_ten_others_on() {
        assert_eq!(crowded(9), None);
        let message = crowded(10).unwrap().message;
        assert!(message.contains("as 10 others"), "{message}");
    }
}
