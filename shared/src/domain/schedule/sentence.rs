//! A schedule in words, as in "At 06:00 and 18:00 on Monday, America/Los_Angeles".

use super::{
    Schedule,
    field::{Field, MONTH},
    values::Values,
};

/// Most times of day a sentence lists one by one.
const TIMES_LISTED: usize = 6;
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Schedule {
    /// The schedule as one sentence in English, without a full stop, ending in its zone.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (minute, hour) = (self.fields.minute.values, self.fields.hour.values);
        format!("{}{}, {}", times(minute, hour), self.days(), self.zone)
    }

    fn days(&self) -> String {
        let days = self.fields.day_of_month;
        let weekdays = self.fields.day_of_week.values;
        let either = self.fields.either_day_field();
        let (every_day, every_weekday) = (days.values.len() == 31, weekdays.len() == 7);
        let months = if self.fields.month.values.len() == 12 {
            None
        } else {
            Some(list(self.fields.month.values, |month| {
                let at = usize::from(month - MONTH.first);
                MONTHS.get(at).copied().unwrap_or_default().to_owned()
            }))
        };
        let in_months = months
            .as_ref()
            .map_or_else(String::new, |months| format!(" in {months}"));
        if (every_day && every_weekday) || (either && (every_day || every_weekday)) {
            return in_months;
        }
        if every_day {
            return format!(" on {}{in_months}", weekday_list(weekdays));
        }
        let of = months.as_deref().unwrap_or("the month");
        let on_days = format!(" on {} of {of}", day_list(days));
        match (every_weekday, either) {
            (true, _) => on_days,
            (false, true) => {
                format!("{on_days}, and on {}{in_months}", weekday_list(weekdays))
            }
            (false, false) => format!("{on_days}, only if it is {}", weekday_list_or(weekdays)),
        }
    }
}

fn times(minutes: Values, hours: Values) -> String {
    if minutes.len() * hours.len() <= TIMES_LISTED {
        let all = hours.iter().flat_map(|hour| {
            minutes
                .iter()
                .map(move |minute| format!("{hour:02}:{minute:02}"))
        });
        return format!("At {}", joined(all.collect(), "and"));
    }
    let every_hour = hours.len() == 24;
    let step = even_step(minutes, 60);
    let only_minute = minutes.iter().next().filter(|_| minutes.len() == 1);
    match (step, only_minute) {
        (Some(1), _) => format!("Every minute{}", in_hours(hours)),
        (Some(step), _) => format!("Every {step} minutes{}", in_hours(hours)),
        (None, Some(minute)) => match even_step(hours, 24) {
            Some(1) => format!("Every hour at minute {minute}"),
            Some(step) => format!("Every {step} hours at minute {minute}"),
            None => format!("At minute {minute}{}", of_hours(hours)),
        },
        (None, None) if every_hour => format!("At minutes {} of every hour", plain(minutes)),
        (None, None) => format!("At minutes {}{}", plain(minutes), of_hours(hours)),
    }
}

/// The step, if the numbers are 0, step, 2 × step … and the step divides the whole.
fn even_step(values: Values, whole: u8) -> Option<u8> {
    let step = values.iter().nth(1)?;
    (whole.is_multiple_of(step) && values == Values::every(0, whole - 1, step)).then_some(step)
}

fn in_hours(hours: Values) -> String {
    if hours.len() == 24 {
        return String::new();
    }
    let spans = hours
        .runs()
        .into_iter()
        .map(|(first, last)| format!("from {first:02}:00 to {last:02}:59"));
    format!(" {}", joined(spans.collect(), "and"))
}

fn of_hours(hours: Values) -> String {
    let noun = if hours.len() == 1 { "hour" } else { "hours" };
    format!(" of the {noun} {}", list(hours, |hour| hour.to_string()))
}

fn plain(values: Values) -> String {
    joined(
        values.iter().map(|value| value.to_string()).collect(),
        "and",
    )
}

fn day_list(days: Field) -> String {
    let numbers = days.values.len();
    let noun = if numbers == 1 { "day" } else { "days" };
    let named = list(days.values, |day| day.to_string());
    match (numbers, days.last_day) {
        (0, _) => "the last day".to_owned(),
        (_, true) => format!("{noun} {named} and the last day"),
        (_, false) => format!("{noun} {named}"),
    }
}

fn weekday_list(weekdays: Values) -> String {
    list(weekdays, weekday)
}

fn weekday_list_or(weekdays: Values) -> String {
    joined(weekdays.iter().map(weekday).collect(), "or")
}

fn weekday(day: u8) -> String {
    let name = WEEKDAYS.get(usize::from(day)).copied();
    name.unwrap_or_default().to_owned()
}

/// Numbers or names, with three or more in a row as "first to last".
fn list(values: Values, text: impl Fn(u8) -> String) -> String {
    let items = values
        .runs()
        .into_iter()
        .flat_map(|(first, last)| match last - first {
            0 => vec![text(first)],
            1 => vec![text(first), text(last)],
            _ => vec![format!("{} to {}", text(first), text(last))],
        });
    joined(items.collect(), "and")
}

fn joined(items: Vec<String>, word: &str) -> String {
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
