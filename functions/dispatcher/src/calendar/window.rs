//! Which days a calendar shows, by the clock of which zone.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use shared::domain::schedule::Zone;

use crate::{problem::Problem, query::Query};

/// Days in one answer.
pub(crate) const DAYS_MAX: i64 = 7;
/// Years of which zones and schedules are known.
const YEARS: RangeInclusive<i32> = 1971..=2098;
/// What offsets of zones are whole numbers of.
pub(super) const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// Quarters of an hour that are tried for the beginning of a day: no clock has gone forward by more at midnight.
const QUARTERS_TRIED: i32 = 8;

/// Whole days by the clock of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// By whose clock.
    pub(crate) zone: Zone,
    /// The first of the days.
    pub(crate) date: NaiveDate,
    /// How many.
    pub(crate) days: i64,
    /// When the first begins.
    pub(crate) from: DateTime<Utc>,
    /// When the last ends.
    pub(crate) until: DateTime<Utc>,
}

impl Window {
    /// `days` days from `date` on.
    pub(crate) fn new(zone: Zone, date: NaiveDate, days: i64) -> Self {
        Self {
            zone,
            date,
            days,
            from: beginning(zone, date),
            until: beginning(zone, later(date, days)),
        }
    }

    /// Reads `timezone`, `date` and `days`. Without a date they begin today, or seven of them with the week.
    ///
    /// # Errors
    /// 400 for a zone, a day or a number that is none.
    pub(crate) fn take(query: &mut Query, now: DateTime<Utc>) -> Result<Self, Problem> {
        let zone = query.text("timezone")?;
        let zone = zone.map_or(Ok(Zone::UTC), |name| name.parse::<Zone>());
        let refusal = |_| Problem::address("timezone", "must be an IANA name, as in Europe/Berlin");
        let zone = zone.map_err(refusal)?;
        let days = query.number("days", 1..=DAYS_MAX, DAYS_MAX)?;
        let date = match query.word::<NaiveDate>("date")? {
            Some(date) if YEARS.contains(&date.year()) => date,
            Some(_) => {
                let (first, last) = (YEARS.start(), YEARS.end());
                let detail = format!("must be in the years {first} to {last}");
                return Err(Problem::address("date", detail));
            }
            None => {
                let today = now.with_timezone(&zone).date_naive();
                if days == DAYS_MAX {
                    monday(today)
                } else {
                    today
                }
            }
        };
        Ok(Self::new(zone, date, days))
    }

    /// The days.
    pub(crate) fn dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = self.date;
        (0..self.days).map(move |days| later(first, days))
    }

    /// The day that many days after the first, or before it.
    pub(crate) fn shifted(&self, days: i64) -> NaiveDate {
        later(self.date, days)
    }
}

/// The first day of the week of `date`.
pub(crate) fn monday(date: NaiveDate) -> NaiveDate {
    later(date, -i64::from(date.weekday().num_days_from_monday()))
}

fn later(date: NaiveDate, days: i64) -> NaiveDate {
    let by = Days::new(days.unsigned_abs());
    let moved = if days < 0 {
        date.checked_sub_days(by)
    } else {
        date.checked_add_days(by)
    };
    moved.unwrap_or(date)
}

/// The first moment of a day; some begin after midnight, as clocks go forward.
fn beginning(zone: Zone, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let tried = (0..QUARTERS_TRIED).map(|quarters| midnight + QUARTER * quarters);
    let mut found = tried.filter_map(|time| zone.from_local_datetime(&time).earliest());
    found
        .next()
        .map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_with_its_first_moment_and_has_the_hours_of_its_clock() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let santiago: Zone = "America/Santiago".parse().unwrap();
        for (zone, day, hours) in [
            (Zone::UTC, "2026-11-20", 24),
            (berlin, "2026-10-25", 25),
            (berlin, "2026-03-29", 23),
            (santiago, "2026-09-06", 23),
        ] {
            let window = Window::new(zone, date(day), 1);
            let length = window.until - window.from;
            assert_eq!(length, TimeDelta::hours(hours), "{zone} {day}");
            assert_eq!(window.from.with_timezone(&zone).date_naive(), date(day));
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        for day in ["2026-11-16", "2026-11-20", "2026-11-22"] {
            assert_eq!(monday(date(day)), date("2026-11-16"));
        }
    }
}
