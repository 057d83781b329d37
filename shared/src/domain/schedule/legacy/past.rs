//! What the old worker did with a string, as far as that was measured.

use super::WEEKDAYS;

const NEVER: &str = "never: it found no next time";
const UNKNOWN: &str = "not known: strings of this kind were not measured";

/// A field as the old worker saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Star,
    Every(u32),
    Number(u32),
    /// Lists, ranges, names: nothing it could read.
    Other,
}

/// The fields of an old string; the month is missing because it was ignored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    minute: Seen,
    hour: Seen,
    day: Seen,
    weekday: Seen,
}

impl Past {
    pub(super) fn read([minute, hour, day, _month, weekday]: [&str; 5]) -> Self {
        Self {
            minute: see(minute),
            hour: see(hour),
            day: see(day),
            weekday: see(weekday),
        }
    }

    /// The early worker: the hour alone, on the first of the month whatever the day.
    pub(super) fn early(self) -> String {
        let Seen::Number(hour) = self.hour else {
            return NEVER.to_owned();
        };
        let Seen::Number(_) = self.minute else {
            return UNKNOWN.to_owned();
        };
        let ignored = match self.minute {
            Seen::Number(0) => "",
            _ => " (the minute was ignored)",
        };
        match self.days(true) {
            Some(days) if days == NEVER => days,
            Some(days) => format!("at {hour:02}:00{days}{ignored}"),
            None => UNKNOWN.to_owned(),
        }
    }

    /// The late worker: minutes, days and plain intervals as well.
    pub(super) fn late(self) -> String {
        let is_daily = self.day == Seen::Star && self.weekday == Seen::Star;
        match (self.minute, self.hour) {
            (Seen::Every(minutes), _) if !is_daily || minutes == 0 => UNKNOWN.to_owned(),
            (Seen::Every(minutes), Seen::Star) => format!("every {minutes} minutes"),
            (Seen::Every(minutes), _) => {
                format!("every {minutes} minutes of the whole day (the hours were ignored)")
            }
            (Seen::Number(0), Seen::Every(hours)) if is_daily && hours > 0 => {
                format!("every {hours} hours")
            }
            (Seen::Number(_), Seen::Star | Seen::Other) => NEVER.to_owned(),
            (Seen::Number(minute), Seen::Number(hour)) => match self.days(false) {
                Some(days) if days == NEVER => days,
                Some(days) => format!("at {hour:02}:{minute:02}{days}"),
                None => UNKNOWN.to_owned(),
            },
            _ => UNKNOWN.to_owned(),
        }
    }

    /// The days it ran on; `None` when that was not measured.
    fn days(self, is_early: bool) -> Option<String> {
        match (self.day, self.weekday) {
            (_, Seen::Other) => Some(NEVER.to_owned()),
            (Seen::Star, Seen::Star) => Some(" every day".to_owned()),
            (Seen::Star, Seen::Number(digit @ 0..=7)) => {
                let weekday = usize::try_from(digit).ok()? % WEEKDAYS.len();
                let (_, long) = WEEKDAYS.get(weekday)?;
                Some(format!(" on {long}"))
            }
            (Seen::Number(1), Seen::Star) => Some(" on day 1 of the month".to_owned()),
            (Seen::Number(2..=31), Seen::Star) if is_early => {
                Some(" on day 1 of the month (the day was ignored)".to_owned())
            }
            (Seen::Number(day @ 2..=28), Seen::Star) => Some(format!(" on day {day} of the month")),
            (Seen::Number(day @ 29..=31), Seen::Star) => Some(format!(
                " on day {day} of the month, and never again once the month it looked at had no \
                 such day"
            )),
            _ => None,
        }
    }
}

fn see(field: &str) -> Seen {
    let every = field.strip_prefix("*/").and_then(|step| step.parse().ok());
    match (field, every, field.parse()) {
        ("*", ..) => Seen::Star,
        (_, Some(step), _) => Seen::Every(step),
        (_, None, Ok(number)) => Seen::Number(number),
        _ => Seen::Other,
    }
}
