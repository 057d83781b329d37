//! How a job repeats, by the fields of its form: the cron expression that says so, and the way back.

use std::fmt;

use chrono::{NaiveTime, Timelike};

use crate::problem::FieldError;

/// The days of a week: the field of each, its name in expressions, and its name for people.
pub(super) const DAYS: [(&str, &str, &str); 7] = [
    ("on_mon", "MON", "Monday"),
    ("on_tue", "TUE", "Tuesday"),
    ("on_wed", "WED", "Wednesday"),
    ("on_thu", "THU", "Thursday"),
    ("on_fri", "FRI", "Friday"),
    ("on_sat", "SAT", "Saturday"),
    ("on_sun", "SUN", "Sunday"),
];

/// Minutes that an hour can be divided into evenly. Others would leave a shorter rest at its end.
pub(super) const MINUTES: [u8; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];

/// What a form begins with, for every way to repeat.
pub(super) const DEFAULTS: [(&str, &str); 6] = [
    ("frequency", "daily"),
    ("every_minutes", "15"),
    ("at_minute", "0"),
    ("time", "06:00"),
    ("on_mon", "true"),
    ("month_day", "1"),
];

/// The frequency of which the form's expression tells more.
pub(super) const BY_EXPRESSION: &str = "cron";

/// The last day of a month, in expressions.
const LAST: &str = "L";

/// Ways to repeat that the form has fields for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recurrence {
    /// Every so many minutes, from the hour on.
    Minutes(u8),
    /// Every hour at a minute.
    Hourly(u8),
    Daily(NaiveTime),
    /// At a time and twelve hours later.
    TwiceDaily(NaiveTime),
    Weekly(Days, NaiveTime),
    Monthly(MonthDay, NaiveTime),
}

/// Some days of the week, in the order of [`DAYS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Days([bool; 7]);

/// A day of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MonthDay {
    Day(u8),
    Last,
}

impl Recurrence {
    /// What was entered in the fields that `get` reads. `None`: an expression, or nothing.
    ///
    /// # Errors
    /// The field that cannot be read.
    pub(super) fn entered<'a>(get: impl Fn(&str) -> &'a str) -> Result<Option<Self>, FieldError> {
        let time = || {
            let time = NaiveTime::parse_from_str(get("time"), "%H:%M").ok();
            time.ok_or_else(|| FieldError::new("time", "must be a time of day, as in 06:00"))
        };
        Ok(Some(match get("frequency") {
            "" | BY_EXPRESSION => return Ok(None),
            "minutes" => {
                let every = get("every_minutes").parse().ok();
                let every = every.filter(|every| MINUTES.contains(every));
                Self::Minutes(every.ok_or_else(|| {
                    let detail = "must divide an hour evenly, as 15 does; or write an expression";
                    FieldError::new("every_minutes", detail)
                })?)
            }
            "hourly" => {
                let minute = number(get("at_minute"), 0..=59);
                let refusal = || FieldError::new("at_minute", "must be from 0 to 59");
                Self::Hourly(minute.ok_or_else(refusal)?)
            }
            "daily" => Self::Daily(time()?),
            "twice_daily" => Self::TwiceDaily(time()?),
            "weekly" => {
                let days = Days(DAYS.map(|(field, ..)| !get(field).is_empty()));
                if days == Days::default() {
                    return Err(FieldError::new("days", "choose one at least"));
                }
                Self::Weekly(days, time()?)
            }
            "monthly" => {
                let day = MonthDay::read(get("month_day"));
                let refusal = || FieldError::new("month_day", "must be from 1 to 31, or L");
                Self::Monthly(day.ok_or_else(refusal)?, time()?)
            }
            _ => {
                return Err(FieldError::new(
                    "frequency",
                    "must be one of those to choose",
                ));
            }
        }))
    }

    /// What an expression says, if the form has fields for that.
    pub(super) fn read(expression: &str) -> Option<Self> {
        let words: Vec<_> = expression.split_ascii_whitespace().collect();
        let midnight = NaiveTime::MIN;
        let [minute, hour, day, month, weekday] = words.as_slice() else {
            let [name] = words.as_slice() else {
                return None;
            };
            return Some(match name.to_ascii_lowercase().as_str() {
                "@hourly" => Self::Hourly(0),
                "@daily" | "@midnight" => Self::Daily(midnight),
                "@weekly" => Self::Weekly(Days::read("SUN")?, midnight),
                "@monthly" => Self::Monthly(MonthDay::Day(1), midnight),
                _ => return None,
            });
        };
        match (*hour, *day, *month, *weekday) {
            ("*", "*", "*", "*") => Self::within_an_hour(minute),
            (hour, "*", "*", "*") if hour.contains(',') => {
                let (first, second) = hour.split_once(',')?;
                let (first, second) = (number(first, 0..=11)?, number(second, 12..=23)?);
                let time = time(minute, first)?;
                (first + 12 == second).then_some(Self::TwiceDaily(time))
            }
            (hour, "*", "*", "*") => Some(Self::Daily(time(minute, number(hour, 0..=23)?)?)),
            (hour, "*", "*", days) => {
                let time = time(minute, number(hour, 0..=23)?)?;
                Some(Self::Weekly(Days::read(days)?, time))
            }
            (hour, day, "*", "*") => {
                let time = time(minute, number(hour, 0..=23)?)?;
                Some(Self::Monthly(MonthDay::read(day)?, time))
            }
            _ => None,
        }
    }

    fn within_an_hour(minute: &str) -> Option<Self> {
        if minute == "*" {
            return Some(Self::Minutes(1));
        }
        match minute.strip_prefix("*/") {
            Some(step) => number(step, 1..=30)
                .filter(|step| MINUTES.contains(step))
                .map(Self::Minutes),
            None => number(minute, 0..=59).map(Self::Hourly),
        }
    }

    /// The form's fields that say it.
    pub(super) fn fields(self) -> Vec<(&'static str, String)> {
        let of = |word: &str, others: Vec<(&'static str, String)>| {
            let first = [("frequency", word.to_owned())];
            first.into_iter().chain(others).collect()
        };
        let at = |time: NaiveTime| ("time", time.format("%H:%M").to_string());
        match self {
            Self::Minutes(every) => of("minutes", vec![("every_minutes", every.to_string())]),
            Self::Hourly(minute) => of("hourly", vec![("at_minute", minute.to_string())]),
            Self::Daily(time) => of("daily", vec![at(time)]),
            Self::TwiceDaily(time) => of("twice_daily", vec![at(time)]),
            Self::Weekly(Days(days), time) => {
                let ticked = DAYS.iter().zip(days).filter(|(_, is_in)| *is_in);
                let days = ticked.map(|((field, ..), _)| (*field, "true".to_owned()));
                of("weekly", days.chain([at(time)]).collect())
            }
            Self::Monthly(day, time) => {
                of("monthly", vec![("month_day", day.to_string()), at(time)])
            }
        }
    }
}

/// The expression.
impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |time: NaiveTime| format!("{} {}", time.minute(), time.hour());
        match *self {
            Self::Minutes(1) => write!(f, "* * * * *"),
            Self::Minutes(every) => write!(f, "*/{every} * * * *"),
            Self::Hourly(minute) => write!(f, "{minute} * * * *"),
            Self::Daily(time) => write!(f, "{} * * *", at(time)),
            Self::TwiceDaily(time) => {
                let (minute, first) = (time.minute(), time.hour() % 12);
                write!(f, "{minute} {first},{} * * *", first + 12)
            }
            Self::Weekly(days, time) => write!(f, "{} * * {days}", at(time)),
            Self::Monthly(day, time) => write!(f, "{} {day} * *", at(time)),
        }
    }
}

fn number(text: &str, bounds: std::ops::RangeInclusive<u8>) -> Option<u8> {
    text.parse().ok().filter(|number| bounds.contains(number))
}

fn time(minute: &str, hour: u8) -> Option<NaiveTime> {
    let minute = number(minute, 0..=59)?;
    NaiveTime::from_hms_opt(hour.into(), minute.into(), 0)
}

impl MonthDay {
    fn read(text: &str) -> Option<Self> {
        match text.eq_ignore_ascii_case(LAST) {
            true => Some(Self::Last),
            false => number(text, 1..=31).map(Self::Day),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Last => write!(f, "{LAST}"),
        }
    }
}

impl Days {
    /// Lists and stretches of days, by name or number.
    fn read(text: &str) -> Option<Self> {
        let mut days = Self::default();
        for word in text.split(',') {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let (first, last) = (day(first)?, day(last)?);
            // Sunday is 0 where a stretch begins, and 7 where it ends.
            let last = if last < first && last == 0 { 7 } else { last };
            if last < first {
                return None;
            }
            for number in first..=last {
                *days.0.get_mut(usize::from((number + 6) % 7))? = true;
            }
        }
        Some(days)
    }
}

/// The number of a day in expressions: 1 is Monday; 0 and 7 are Sunday.
fn day(text: &str) -> Option<u8> {
    let named = |(_, name, _): &(_, &str, _)| name.eq_ignore_ascii_case(text);
    match DAYS.iter().position(named) {
        Some(at) => u8::try_from((at + 1) % 7).ok(),
        None => number(text, 0..=7),
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == [true; 7] {
            return write!(f, "*");
        }
        let days: Vec<_> = DAYS.iter().zip(self.0).collect();
        // Sunday is told by itself: by number it is the first day of a week.
        let stretches = days.chunk_by(|(_, a), (day, b)| a == b && day.1 != "SUN");
        let stretches = stretches.filter(|it| it.first().is_some_and(|(_, is_in)| *is_in));
        let words = stretches.map(|it| {
            let names: Vec<_> = it.iter().map(|((_, name, _), _)| *name).collect();
            match names.as_slice() {
                [first, _, .., last] => format!("{first}-{last}"),
                few => few.join(","),
            }
        });
        write!(f, "{}", words.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
#[path = "recurrence_tests.rs"]
mod tests;
