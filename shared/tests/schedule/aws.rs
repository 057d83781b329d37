//! An evaluator of the cloud's `cron(…)`, written from its documentation and sharing no code
//! with the compiler. It refuses what the cloud would refuse.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAYS_SEARCHED: usize = 366 * 60;

#[derive(Debug)]
pub(crate) struct AwsCron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: DayRule,
    months: BTreeSet<u32>,
    years: BTreeSet<u32>,
}

#[derive(Debug)]
enum DayRule {
    OfMonth(Vec<DayOfMonth>),
    OfWeek(Vec<DayOfWeek>),
}

#[derive(Debug)]
enum DayOfMonth {
    In(BTreeSet<u32>),
    BeforeLast(u32),
    WeekdayNearest(u32),
}

#[derive(Debug)]
enum DayOfWeek {
    In(BTreeSet<u32>),
    Last(u32),
    Nth(u32, u32),
}

impl AwsCron {
    /// Reads `cron(…)`, with the length and the grammar the cloud accepts.
    pub(crate) fn rule(expression: &str) -> Self {
        assert!(expression.len() <= 256, "too long: {expression}");
        let fields = expression
            .strip_prefix("cron(")
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or_else(|| panic!("not cron(…): {expression}"));
        Self::fields(fields)
    }

    pub(crate) fn fields(text: &str) -> Self {
        let fields: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, of_month, months, of_week, years] = fields[..] else {
            panic!("not six fields: {text}");
        };
        let days = match (of_month, of_week) {
            ("?", of_week) if of_week != "?" => {
                DayRule::OfWeek(of_week.split(',').map(day_of_week).collect())
            }
            (of_month, "?") => DayRule::OfMonth(of_month.split(',').map(day_of_month).collect()),
            _ => panic!("exactly one day field must be `?`: {text}"),
        };
        Self {
            minutes: set(minutes, 0, 59, &[]),
            hours: set(hours, 0, 23, &[]),
            days,
            months: set(months, 1, 12, &MONTHS),
            years: set(years, 1970, 2199, &[]),
        }
    }

    pub(crate) fn fires_at(&self, time: DateTime<Utc>) -> bool {
        time.second() == 0
            && self.minutes.contains(&time.minute())
            && self.hours.contains(&time.hour())
            && self.fires_on(time.date_naive())
    }

    pub(crate) fn next(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        after
            .date_naive()
            .iter_days()
            .take(DAYS_SEARCHED)
            .filter(|date| self.fires_on(*date))
            .flat_map(|date| self.times_on(date))
            .filter(|time| *time > after)
            .take(count)
            .collect()
    }

    /// How often it fires in `(after, until]`, both on a whole day.
    pub(crate) fn count(&self, after: NaiveDate, until: NaiveDate) -> usize {
        let days = after
            .iter_days()
            .take_while(|date| *date < until)
            .filter(|date| self.fires_on(*date))
            .count();
        days * self.hours.len() * self.minutes.len()
    }

    fn times_on(&self, date: NaiveDate) -> Vec<DateTime<Utc>> {
        let mut times = Vec::new();
        for hour in &self.hours {
            for minute in &self.minutes {
                times.push(date.and_hms_opt(*hour, *minute, 0).unwrap().and_utc());
            }
        }
        times
    }

    fn fires_on(&self, date: NaiveDate) -> bool {
        let in_days = match &self.days {
            DayRule::OfMonth(days) => days.iter().any(|day| day.is(date)),
            DayRule::OfWeek(days) => days.iter().any(|day| day.is(date)),
        };
        in_days
            && self.months.contains(&date.month())
            && self.years.contains(&u32::try_from(date.year()).unwrap())
    }
}

impl DayOfMonth {
    fn is(&self, date: NaiveDate) -> bool {
        let last = length_of_month(date);
        match self {
            Self::In(days) => days.contains(&date.day()),
            Self::BeforeLast(days) => date.day() + days == last,
            Self::WeekdayNearest(day) if *day > last => false,
            Self::WeekdayNearest(day) => {
                let target = date.with_day(*day).unwrap();
                let shift = match target.weekday().number_from_monday() {
                    6 if *day == 1 => 2,
                    6 => -1,
                    7 if *day == last => -2,
                    7 => 1,
                    _ => 0,
                };
                date == target + TimeDelta::days(shift)
            }
        }
    }
}

impl DayOfWeek {
    fn is(&self, date: NaiveDate) -> bool {
        let weekday = date.weekday().number_from_sunday();
        match self {
            Self::In(days) => days.contains(&weekday),
            Self::Last(day) => weekday == *day && date.day() + 7 > length_of_month(date),
            Self::Nth(day, nth) => weekday == *day && date.day().div_ceil(7) == *nth,
        }
    }
}

fn length_of_month(date: NaiveDate) -> u32 {
    let days = date
        .iter_days()
        .take_while(|day| day.month() == date.month());
    days.last().unwrap().day()
}

fn day_of_month(item: &str) -> DayOfMonth {
    if item == "L" {
        DayOfMonth::BeforeLast(0)
    } else if let Some(days) = item.strip_prefix("L-") {
        DayOfMonth::BeforeLast(days.parse().unwrap())
    } else if let Some(day) = item.strip_suffix('W') {
        DayOfMonth::WeekdayNearest(day.parse().unwrap())
    } else {
        DayOfMonth::In(set(item, 1, 31, &[]))
    }
}

fn day_of_week(item: &str) -> DayOfWeek {
    if let Some((day, nth)) = item.split_once('#') {
        DayOfWeek::Nth(value(day, 1, 7, &WEEKDAYS), nth.parse().unwrap())
    } else if let Some(day) = item.strip_suffix('L') {
        DayOfWeek::Last(value(day, 1, 7, &WEEKDAYS))
    } else {
        DayOfWeek::In(set(item, 1, 7, &WEEKDAYS))
    }
}

fn set(text: &str, first: u32, last: u32, names: &[&str]) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for item in text.split(',') {
        let (span, step) = item.split_once('/').unwrap_or((item, ""));
        let (low, high) = match span.split_once('-') {
            _ if span == "*" => (first, last),
            Some((low, high)) => (
                value(low, first, last, names),
                value(high, first, last, names),
            ),
            None => {
                let low = value(span, first, last, names);
                (low, if step.is_empty() { low } else { last })
            }
        };
        assert!(low <= high, "range runs backwards: {text}");
        let step = if step.is_empty() {
            1
        } else {
            step.parse().unwrap()
        };
        all.extend((low..=high).step_by(step));
    }
    all
}

fn value(text: &str, first: u32, last: u32, names: &[&str]) -> u32 {
    let named = names.iter().position(|name| *name == text);
    let value = match named {
        Some(at) => first + u32::try_from(at).unwrap(),
        None => text
            .parse()
            .unwrap_or_else(|_| panic!("not a value: `{text}`")),
    };
    assert!((first..=last).contains(&value), "out of range: {text}");
    value
}
