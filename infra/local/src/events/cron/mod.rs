//! AWS's dialect of cron, in UTC: grammar and fire times.
//!
//! Written apart from the product's own schedules on purpose, so that each can be held against the other.
//! Where AWS's documents are silent this is strict: a range that runs backwards, an empty place in a list
//! and a step larger than its field are refused; `31W` does not fire in a month without a 31st.
//!
//! **Source:** AWS, EventBridge user guide, "Cron expressions reference".

mod day;
mod field;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc};

use self::day::DayRule;
use self::field::{HOUR, MINUTE, MONTH, YEAR};

/// The six fields of `cron(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: DayRule,
    months: BTreeSet<u32>,
    years: BTreeSet<u32>,
}

impl Cron {
    /// Reads the fields between the brackets; `None` when AWS would refuse them.
    #[must_use]
    pub fn parse(fields: &str) -> Option<Self> {
        if fields.starts_with(' ') || fields.ends_with(' ') {
            return None;
        }
        let fields: Vec<&str> = fields
            .split(' ')
            .filter(|field| !field.is_empty())
            .collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
            return None;
        };
        let days = match (*day, *weekday) {
            ("?", "?") => return None,
            ("?", weekday) => day::day_of_week(weekday)?,
            (day, "?") => day::day_of_month(day)?,
            _ => return None,
        };
        Some(Self {
            minutes: MINUTE.set(minute)?,
            hours: HOUR.set(hour)?,
            days,
            months: MONTH.set(month)?,
            years: YEAR.set(year)?,
        })
    }

    /// The first fire time after `moment`; `None` when there is none any more.
    #[must_use]
    pub fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = moment.date_naive();
        let now = (moment.hour(), moment.minute());
        let mut date = today;
        loop {
            let time = match self.fires_on(date) {
                true if date == today => self.first_time_after(Some(now)),
                true => self.first_time_after(None),
                false => None,
            };
            if let Some((hour, minute)) = time {
                return Some(date.and_hms_opt(hour, minute, 0)?.and_utc());
            }
            date = self.next_candidate(date)?;
        }
    }

    fn fires_on(&self, date: NaiveDate) -> bool {
        self.in_month(date) && self.days.include(date)
    }

    fn in_month(&self, date: NaiveDate) -> bool {
        date.year_ce().0
            && self.years.contains(&date.year_ce().1)
            && self.months.contains(&date.month())
    }

    /// The next day worth a look: the following one, or the first of the next month or year.
    fn next_candidate(&self, date: NaiveDate) -> Option<NaiveDate> {
        let (_, year) = date.year_ce();
        let next_year = self.years.range(year + 1..).next();
        if self.in_month(date) {
            return date.checked_add_days(Days::new(1));
        }
        if self.years.contains(&year)
            && let Some(month) = self.months.range(date.month() + 1..).next()
        {
            return NaiveDate::from_ymd_opt(date.year(), *month, 1);
        }
        NaiveDate::from_ymd_opt(i32::try_from(*next_year?).ok()?, *self.months.first()?, 1)
    }

    fn first_time_after(&self, now: Option<(u32, u32)>) -> Option<(u32, u32)> {
        let Some((hour, minute)) = now else {
            return Some((*self.hours.first()?, *self.minutes.first()?));
        };
        if self.hours.contains(&hour)
            && let Some(minute) = self.minutes.range(minute + 1..).next()
        {
            return Some((hour, *minute));
        }
        Some((
            *self.hours.range(hour + 1..).next()?,
            *self.minutes.first()?,
        ))
    }
}
