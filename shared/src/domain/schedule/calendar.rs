//! Which civil times an expression names, without any zone: dates and hours as on a wall.
//!
//! The `cron` crate does the calendar. It numbers Sunday 1, takes seconds, requires a day to be
//! in both day fields and knows no `L`, so it is only given normalised expressions with day
//! names, at most three of them, whose times are merged here.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Utc};

use super::{
    ScheduleError,
    dialect::Fields,
    field::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, Kind, MINUTE, MONTH},
    values::Values,
};

/// Days named by `28-31` that are not the last of their month, in the 131 years the `cron`
/// crate knows (1970 to 2100): the most steps a search for a last day can take.
const LAST_DAYS_TRIED: usize = 131 * 12 * 3;

/// The civil times of an expression.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    parts: Vec<Part>,
}

/// Times whose union is the calendar.
#[derive(Clone, Debug)]
struct Part {
    times: cron::Schedule,
    /// Only those on the last day of a month count.
    last_day_only: bool,
}

impl Calendar {
    pub(super) fn new(fields: &Fields) -> Result<Self, ScheduleError> {
        let days = fields.day_of_month;
        let every_day = Values::every(1, 31, 1);
        let every_weekday = Values::every(0, 6, 1);
        let either = fields.either_day_field();
        let weekdays = if either {
            every_weekday
        } else {
            fields.day_of_week.values
        };
        let mut parts = Vec::new();
        if !days.values.is_empty() {
            parts.push(Part::new(fields, days.values, weekdays, false)?);
        }
        if days.last_day {
            let candidates = Values::every(28, 31, 1);
            parts.push(Part::new(fields, candidates, weekdays, true)?);
        }
        if either {
            parts.push(Part::new(
                fields,
                every_day,
                fields.day_of_week.values,
                false,
            )?);
        }
        Ok(Self { parts })
    }

    /// The first time after this one.
    pub(super) fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        self.parts.iter().filter_map(|part| part.next(after)).min()
    }

    /// The last time before this one.
    pub(super) fn previous(&self, before: NaiveDateTime) -> Option<NaiveDateTime> {
        self.parts
            .iter()
            .filter_map(|part| part.previous(before))
            .max()
    }
}

impl Part {
    fn new(
        fields: &Fields,
        days: Values,
        weekdays: Values,
        last_day_only: bool,
    ) -> Result<Self, ScheduleError> {
        let normal_form = format!(
            "0 {} {} {} {} {}",
            numbers(&MINUTE, fields.minute.values),
            numbers(&HOUR, fields.hour.values),
            numbers(&DAY_OF_MONTH, days),
            numbers(&MONTH, fields.month.values),
            names(weekdays),
        );
        match normal_form.parse() {
            Ok(times) => Ok(Self {
                times,
                last_day_only,
            }),
            Err(source) => Err(ScheduleError::Calendar {
                normal_form,
                source,
            }),
        }
    }

    fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let mut from = after.and_utc();
        for _ in 0..LAST_DAYS_TRIED {
            let found = self.times.after(&from).next()?;
            if self.counts(found) {
                return Some(found.naive_utc());
            }
            from = found.date_naive().and_hms_opt(23, 59, 59)?.and_utc();
        }
        None
    }

    fn previous(&self, before: NaiveDateTime) -> Option<NaiveDateTime> {
        let mut from = before.and_utc();
        for _ in 0..LAST_DAYS_TRIED {
            let found = self.times.after(&from).next_back()?;
            if self.counts(found) {
                return Some(found.naive_utc());
            }
            from = found.date_naive().and_hms_opt(0, 0, 0)?.and_utc();
        }
        None
    }

    fn counts(&self, time: DateTime<Utc>) -> bool {
        !self.last_day_only || is_last_of_month(time.date_naive())
    }
}

/// Whether the next day is in another month.
pub(super) fn is_last_of_month(date: NaiveDate) -> bool {
    date.checked_add_days(Days::new(1))
        .is_none_or(|next| next.month() != date.month())
}

fn numbers(kind: &Kind, values: Values) -> String {
    if values == Values::every(kind.first, kind.star_last, 1) {
        return "*".to_owned();
    }
    let all: Vec<String> = values.iter().map(|value| value.to_string()).collect();
    all.join(",")
}

fn names(weekdays: Values) -> String {
    if weekdays == Values::every(0, 6, 1) {
        return "*".to_owned();
    }
    let all: Vec<&str> = weekdays
        .iter()
        .filter_map(|day| DAY_OF_WEEK.name_of(day))
        .collect();
    all.join(",")
}
