//! The rule of the cloud's clock that covers a schedule.
//!
//! `EventBridge` rules know UTC only, and one of the two day fields must be `?`. The rule is
//! therefore a superset: it fires at least at every fire of the schedule in the coming five
//! years, whichever offset the zone has then, and the ledger drops the rest. It is exact where
//! the cloud's grammar can say it, which is every schedule in UTC except those that restrict both
//! day fields or name `L` beside other days.
//!
//! **Source:** EventBridge user guide, "Cron expressions"; the limit of 256 characters is that
//! of `PutRule`.

use std::ops::Range;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use super::{
    GapPolicy, Schedule,
    calendar::is_last_of_month,
    field::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, Kind, MINUTE, MONTH},
    values::Values,
    zone::{self, OffsetChange},
};

/// How far ahead clock changes are looked up. Announced changes reach two or three years.
const YEARS_AHEAD: i64 = 5;
/// What stands for a schedule that never fires: valid, and an event every four years that the
/// ledger drops.
const NEVER: &str = "cron(0 0 29 2 ? *)";
/// A common and a leap year: every month and day there is.
const REFERENCE_YEARS: [i32; 2] = [2023, 2024];

/// Times of day by the clock that the cloud goes by, and how many days its date is from the schedule's own.
#[derive(Debug, Default)]
pub(super) struct Slots {
    minutes: Values,
    hours: Values,
    day_before: bool,
    same_day: bool,
    day_after: bool,
}

/// Which of the cloud's two day fields carries the restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayRule {
    EveryDay,
    DaysOfMonth,
    Weekdays,
}

impl Schedule {
    /// The `cron(…)` expression of an `EventBridge` rule that fires at least whenever this
    /// schedule does, from now until five years ahead.
    ///
    /// Never longer than 256 characters: the longest list a field can need names two of every
    /// three numbers, and all fields at their longest stay below 250.
    ///
    /// It depends on now only through the zone's announced clock changes.
    #[must_use]
    pub fn rule_expression(&self, now: DateTime<Utc>) -> String {
        self.covering(&self.slots(now))
    }

    /// The `cron(…)` expression for these times of day on every date of the schedule.
    pub(super) fn covering(&self, slots: &Slots) -> String {
        let rule = self.day_rule();
        let dates = self.utc_dates(rule, slots);
        if dates.is_empty() {
            return NEVER.to_owned();
        }
        let months = dates
            .iter()
            .filter_map(|date| small(date.month()))
            .collect();
        let (days, weekdays) = match rule {
            DayRule::EveryDay => ("*".to_owned(), "?".to_owned()),
            DayRule::DaysOfMonth => (days_of_month(&dates), "?".to_owned()),
            DayRule::Weekdays => ("?".to_owned(), self.utc_weekdays(slots)),
        };
        format!(
            "cron({} {} {days} {} {weekdays} *)",
            numbers(&MINUTE, slots.minutes),
            numbers(&HOUR, slots.hours),
            numbers(&MONTH, months),
        )
    }

    /// Every time of day in UTC at which a fire can fall.
    fn slots(&self, now: DateTime<Utc>) -> Slots {
        let (from, changes) = self.coming_changes(now);
        let mut offsets = vec![zone::offset_at(self.zone, from)];
        offsets.extend(changes.iter().map(|change| change.after));
        offsets.sort_unstable();
        offsets.dedup();
        let mut slots = Slots::default();
        for offset in offsets {
            for civil in self.times_on(from.date_naive()) {
                slots.add(civil, civil - offset);
            }
        }
        if self.fields.follows_wall_clock() && self.gap == GapPolicy::Shift {
            for change in changes {
                self.add_end_of_gap(&mut slots, change);
            }
        }
        slots
    }

    /// When the look ahead begins, and the clock changes from then on.
    pub(super) fn coming_changes(&self, now: DateTime<Utc>) -> (DateTime<Utc>, Vec<OffsetChange>) {
        let from = now - TimeDelta::days(1);
        let until = now + TimeDelta::days(366 * YEARS_AHEAD);
        (from, zone::offset_changes(self.zone, from, until))
    }

    /// A fire whose wall-clock time is skipped comes at the first instant after the gap.
    fn add_end_of_gap(&self, slots: &mut Slots, change: OffsetChange) {
        let end = change.at.naive_utc();
        for civil in self.times_in(end + change.before..end + change.after) {
            slots.add(civil, end);
        }
    }

    /// The wall-clock times of a few hours, whatever the day fields say.
    pub(super) fn times_in(&self, hours: Range<NaiveDateTime>) -> Vec<NaiveDateTime> {
        let mut dates = vec![hours.start.date(), hours.end.date()];
        dates.dedup();
        let times = dates.into_iter().flat_map(|date| self.times_on(date));
        times.filter(|civil| hours.contains(civil)).collect()
    }

    /// The wall-clock times of one date, whatever the day fields say.
    fn times_on(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDateTime> {
        let (minutes, hours) = (self.fields.minute.values, self.fields.hour.values);
        hours
            .iter()
            .flat_map(move |hour| minutes.iter().map(move |minute| (hour, minute)))
            .filter_map(move |(hour, minute)| date.and_hms_opt(hour.into(), minute.into(), 0))
    }

    fn day_rule(&self) -> DayRule {
        let days = self.fields.day_of_month;
        let weekdays = self.fields.day_of_week.values.len();
        let every_day = days.values.len() == 31;
        let days = days.values.len() + usize::from(days.last_day);
        match (every_day, weekdays == 7) {
            (true, true) => DayRule::EveryDay,
            _ if self.fields.either_day_field() => DayRule::EveryDay,
            (true, false) => DayRule::Weekdays,
            (false, true) => DayRule::DaysOfMonth,
            (false, false) if weekdays * 31 <= days * 7 => DayRule::Weekdays,
            (false, false) => DayRule::DaysOfMonth,
        }
    }

    /// The dates in UTC, of the reference years, on which a fire can fall.
    fn utc_dates(&self, rule: DayRule, slots: &Slots) -> Vec<NaiveDate> {
        let mut dates: Vec<_> = REFERENCE_YEARS
            .into_iter()
            .filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1))
            .flat_map(|first| {
                let year = first.year();
                first
                    .iter_days()
                    .take_while(move |date| date.year() == year)
            })
            .filter(|date| self.is_on(rule, *date))
            .flat_map(|date| slots.shifted(date))
            .collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    fn is_on(&self, rule: DayRule, date: NaiveDate) -> bool {
        let days = self.fields.day_of_month;
        let is_named =
            |values: Values, value: u32| small(value).is_some_and(|value| values.contains(value));
        is_named(self.fields.month.values, date.month())
            && (rule != DayRule::DaysOfMonth
                || is_named(days.values, date.day())
                || (days.last_day && is_last_of_month(date)))
    }

    fn utc_weekdays(&self, slots: &Slots) -> String {
        let mut weekdays = Values::default();
        for day in self.fields.day_of_week.values.iter() {
            if slots.day_before {
                weekdays.insert((day + 6) % 7);
            }
            if slots.same_day {
                weekdays.insert(day);
            }
            if slots.day_after {
                weekdays.insert((day + 1) % 7);
            }
        }
        weekday_names(weekdays)
    }
}

impl Slots {
    /// Times of day that are those of the schedule itself.
    pub(super) fn of_the_wall_clock(minutes: Values, hours: Values) -> Self {
        Self {
            minutes,
            hours,
            same_day: true,
            ..Self::default()
        }
    }

    fn add(&mut self, civil: NaiveDateTime, utc: NaiveDateTime) {
        self.minutes.extend_with(utc.minute());
        self.hours.extend_with(utc.hour());
        match utc.date().cmp(&civil.date()) {
            std::cmp::Ordering::Less => self.day_before = true,
            std::cmp::Ordering::Equal => self.same_day = true,
            std::cmp::Ordering::Greater => self.day_after = true,
        }
    }

    fn shifted(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        [
            self.day_before
                .then(|| date.checked_sub_days(Days::new(1)))
                .flatten(),
            self.same_day.then_some(date),
            self.day_after
                .then(|| date.checked_add_days(Days::new(1)))
                .flatten(),
        ]
        .into_iter()
        .flatten()
    }
}

impl Values {
    fn extend_with(&mut self, value: u32) {
        if let Some(value) = small(value) {
            self.insert(value);
        }
    }
}

fn small(value: u32) -> Option<u8> {
    u8::try_from(value).ok()
}

/// `L` when the dates are the last days of months of different lengths, their numbers otherwise.
fn days_of_month(dates: &[NaiveDate]) -> String {
    let days: Values = dates.iter().filter_map(|date| small(date.day())).collect();
    if days.len() > 1 && dates.iter().all(|date| is_last_of_month(*date)) {
        return "L".to_owned();
    }
    numbers(&DAY_OF_MONTH, days)
}

/// A field in the cloud's grammar: `*`, `*/15`, or a list of numbers and ranges.
fn numbers(kind: &Kind, values: Values) -> String {
    if values == Values::every(kind.first, kind.last, 1) {
        return "*".to_owned();
    }
    if let Some(step) = step_from_start(kind, values) {
        return format!("*/{step}");
    }
    list(values, |value| value.to_string())
}

fn step_from_start(kind: &Kind, values: Values) -> Option<u8> {
    let mut first_two = values.iter();
    let (first, second) = (first_two.next()?, first_two.next()?);
    let step = second - first;
    let is_whole = first == kind.first && values == Values::every(first, kind.last, step);
    (is_whole && values.len() > 2).then_some(step)
}

/// Weekdays by name, because the cloud numbers Sunday 1.
fn weekday_names(weekdays: Values) -> String {
    if weekdays.len() == 7 {
        return "*".to_owned();
    }
    list(weekdays, |day| {
        DAY_OF_WEEK.name_of(day).unwrap_or_default().to_owned()
    })
}

fn list(values: Values, text: impl Fn(u8) -> String) -> String {
    let items: Vec<String> = values
        .runs()
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => text(first),
            1 => format!("{},{}", text(first), text(last)),
            _ => format!("{}-{}", text(first), text(last)),
        })
        .collect();
    items.join(",")
}
