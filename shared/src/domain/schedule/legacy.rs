//! The cron strings of the system before this one, and what they come to in our dialect. Pure.
//!
//! Its worker split five fields at white space, ignored the month, counted weekdays from Monday = 0,
//! and knew neither lists, ranges nor names. What it could not read it gave no next time, and the
//! job never ran again. There were two versions: an early one that also ignored the minute and the
//! day of the month, and a late one that knew intervals. Whatever was never measured is not told.
//!
//! The forms of that system wrote weekdays from Monday = 0, as the worker read them; its free text
//! field was described as standard cron. So one digit is taken as counted from Monday, and lists,
//! ranges and names, which no form could write, as standard.

use super::{ScheduleError, Zone, dialect::Fields};

mod past;

/// Weekdays as the old worker counted them. It took 7 for Monday again.
const WEEKDAYS: [(&str, &str); 7] = [
    ("MON", "Monday"),
    ("TUE", "Tuesday"),
    ("WED", "Wednesday"),
    ("THU", "Thursday"),
    ("FRI", "Friday"),
    ("SAT", "Saturday"),
    ("SUN", "Sunday"),
];

/// What an old string means, did, and becomes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Legacy {
    /// The same in our dialect.
    pub expression: String,
    /// How its weekdays were read; `None` when it names none.
    pub weekdays: Option<String>,
    /// The other reading, when its writer may have counted weekdays from Sunday.
    pub if_from_sunday: Option<String>,
    /// What the early worker did with it.
    pub did_early: String,
    /// What the late worker did with it.
    pub did_late: String,
    /// What the new schedule does that neither worker did.
    pub notes: Vec<String>,
}

/// Why an old string cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// The old worker gave it no next time, and nobody can know what was meant.
    #[error("it has {0} fields instead of five")]
    Fields(usize),
    /// A field holds something that no dialect knows.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

/// Converts an old string.
///
/// # Errors
/// [`LegacyError`] when it does not have five fields, or one of them is in no dialect.
pub fn convert(old: &str) -> Result<Legacy, LegacyError> {
    let words: Vec<_> = old.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = words.as_slice() else {
        return Err(LegacyError::Fields(words.len()));
    };
    let read = Weekday::read(weekday);
    let with = |weekday: &str| format!("{minute} {hour} {day} {month} {weekday}");
    let expression = with(read.standard(weekday));
    Fields::parse(&expression)?;
    let past = past::Past::read([minute, hour, day, month, weekday]);
    Ok(Legacy {
        expression,
        weekdays: read.told(weekday),
        if_from_sunday: read.if_from_sunday().map(with),
        did_early: past.early(),
        did_late: past.late(),
        notes: notes(day, month, weekday),
    })
}

/// The zone in which the old system meant its schedules.
pub const ZONE: Zone = chrono_tz::America::Los_Angeles;

/// How the fifth field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weekday {
    Any,
    /// 0 to 6, from Monday.
    Digit(usize),
    /// 7: Sunday to people, Monday to the old worker.
    Seven,
    /// Lists, ranges, names, or nonsense.
    Standard,
}

impl Weekday {
    fn read(field: &str) -> Self {
        match field.parse() {
            Ok(7) => Self::Seven,
            Ok(digit) if digit < WEEKDAYS.len() => Self::Digit(digit),
            _ if field == "*" => Self::Any,
            _ => Self::Standard,
        }
    }

    fn standard(self, field: &str) -> &str {
        match self {
            Self::Digit(digit) => WEEKDAYS.get(digit).map_or(field, |(short, _)| *short),
            Self::Seven => "SUN",
            Self::Any | Self::Standard => field,
        }
    }

    fn told(self, field: &str) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Digit(digit) => WEEKDAYS.get(digit).map(|(_, long)| {
                format!("weekday {digit} is {long}, counted from Monday = 0 as the old forms did")
            }),
            Self::Seven => Some("weekday 7 is Sunday, which no other count has".to_owned()),
            Self::Standard => Some(format!(
                "weekdays `{field}` are read as standard cron, from Sunday = 0"
            )),
        }
    }

    /// The name of the same digit when Sunday is 0.
    fn if_from_sunday(self) -> Option<&'static str> {
        let Self::Digit(digit) = self else {
            return None;
        };
        let before = (digit + WEEKDAYS.len() - 1) % WEEKDAYS.len();
        WEEKDAYS.get(before).map(|(short, _)| *short)
    }
}

fn notes(day: &str, month: &str, weekday: &str) -> Vec<String> {
    let mut notes = vec![];
    if month != "*" {
        notes.push("the old worker ran it in every month, the new schedule does not".to_owned());
    }
    if matches!(day, "29" | "30" | "31") {
        notes.push(format!(
            "months without a day {day} are skipped; write `L` for the last day of every month"
        ));
    }
    if day != "*" && weekday != "*" {
        notes.push("with both day fields given, a day needs to be in only one of them".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;
