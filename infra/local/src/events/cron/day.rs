//! The two day fields: which days of a month they mean.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};

use super::field::{DAY, WEEKDAY, number};

/// Which days fire.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DayRule {
    OfMonth(BTreeSet<u32>),
    /// So many days before the month's last.
    BeforeLast(u32),
    /// The weekday (Monday to Friday) nearest to this day, in the same month.
    NearWeekday(u32),
    /// The month's last day from Monday to Friday.
    LastWeekday,
    OfWeek(BTreeSet<u32>),
    LastOfWeek(u32),
    NthOfWeek {
        weekday: u32,
        nth: u32,
    },
}

impl DayRule {
    pub(super) fn include(&self, date: NaiveDate) -> bool {
        let (day, last) = (date.day(), u32::from(date.num_days_in_month()));
        let weekday = date.weekday().num_days_from_sunday() + 1;
        match self {
            Self::OfMonth(days) => days.contains(&day),
            Self::BeforeLast(before) => day + before == last,
            Self::NearWeekday(target) => near_weekday(date, *target) == Some(day),
            Self::LastWeekday => near_weekday(date, last) == Some(day),
            Self::OfWeek(weekdays) => weekdays.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
            Self::NthOfWeek {
                weekday: wanted,
                nth,
            } => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The weekday nearest to day `target` of `date`'s month; `None` when the month has no such day.
fn near_weekday(date: NaiveDate, target: u32) -> Option<u32> {
    let last = u32::from(date.num_days_in_month());
    Some(match date.with_day(target)?.weekday() {
        Weekday::Sat if target == 1 => 3,
        Weekday::Sat => target - 1,
        Weekday::Sun if target == last => target - 2,
        Weekday::Sun => target + 1,
        _ => target,
    })
}

pub(super) fn day_of_month(text: &str) -> Option<DayRule> {
    if text.eq_ignore_ascii_case("L") {
        return Some(DayRule::BeforeLast(0));
    }
    if text.eq_ignore_ascii_case("LW") {
        return Some(DayRule::LastWeekday);
    }
    if let Some(before) = text.strip_prefix("L-") {
        return number(before)
            .filter(|before| *before <= 30)
            .map(DayRule::BeforeLast);
    }
    match text.strip_suffix(['W', 'w']) {
        Some(day) => DAY.one(day).map(DayRule::NearWeekday),
        None => DAY.set(text).map(DayRule::OfMonth),
    }
}

pub(super) fn day_of_week(text: &str) -> Option<DayRule> {
    if text.eq_ignore_ascii_case("L") {
        return Some(DayRule::OfWeek(BTreeSet::from([7])));
    }
    if let Some((weekday, nth)) = text.split_once('#') {
        let nth = number(nth).filter(|nth| (1..=5).contains(nth))?;
        return Some(DayRule::NthOfWeek {
            weekday: WEEKDAY.one(weekday)?,
            nth,
        });
    }
    match text.strip_suffix(['L', 'l']) {
        Some(weekday) => WEEKDAY.one(weekday).map(DayRule::LastOfWeek),
        None => WEEKDAY.set(text).map(DayRule::OfWeek),
    }
}
