//! One field of a cron expression: text in, the set of numbers it names out.
//!
//! Each refusal names the byte it is about and what could stand there.

use super::{ScheduleError, values::Values};

/// What one of the five fields may hold.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) first: u8,
    /// The largest number a person may write; 7 for weekdays, where it means Sunday again.
    pub(super) last: u8,
    /// The last number `*` stands for.
    pub(super) star_last: u8,
    /// Three-letter names, the first of which stands for `first`.
    names: &'static [&'static str],
    allowed: &'static str,
}

pub(super) const MINUTE: Kind = Kind {
    name: "minute",
    first: 0,
    last: 59,
    star_last: 59,
    names: &[],
    allowed: "`*`, 0-59, lists `0,30`, ranges `0-29`, steps `*/15` or `5-59/10`",
};

pub(super) const HOUR: Kind = Kind {
    name: "hour",
    first: 0,
    last: 23,
    star_last: 23,
    names: &[],
    allowed: "`*`, 0-23, lists `6,18`, ranges `9-17`, steps `*/2` or `8-20/4`",
};

pub(super) const DAY_OF_MONTH: Kind = Kind {
    name: "day of month",
    first: 1,
    last: 31,
    star_last: 31,
    names: &[],
    allowed: "`*`, 1-31, `L` for the last day, lists `1,15`, ranges `1-7`, steps `*/2`",
};

pub(super) const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    star_last: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    allowed: "`*`, 1-12 or JAN-DEC, lists `1,7`, ranges `MAR-MAY`, steps `*/3`",
};

pub(super) const DAY_OF_WEEK: Kind = Kind {
    name: "day of week",
    first: 0,
    last: 7,
    star_last: 6,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    allowed: "`*`, 0-7 (0 and 7 are Sunday) or SUN-SAT, lists `MON,FRI`, ranges `MON-FRI`, steps `*/2`",
};

/// A parsed field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) values: Values,
    /// Begins with `*`: Vixie cron lets such a field follow the other day field, and follows
    /// elapsed time when it is the minute or the hour.
    pub(super) starred: bool,
    /// Names the last day of the month, `L`.
    pub(super) last_day: bool,
}

impl Kind {
    /// Reads a whole field that starts at byte `at` of the expression.
    pub(super) fn parse(&self, text: &str, at: usize) -> Result<Field, ScheduleError> {
        let mut field = Field {
            values: Values::default(),
            starred: text.starts_with('*'),
            last_day: false,
        };
        let mut position = at;
        for item in text.split(',') {
            if self.name == DAY_OF_MONTH.name && item.eq_ignore_ascii_case("L") {
                field.last_day = true;
            } else {
                field.values = field.values.union(self.item(item, position)?);
            }
            position += item.len() + 1;
        }
        if self.last > self.star_last && field.values.contains(self.last) {
            field.values.remove(self.last);
            field.values.insert(self.first);
        }
        Ok(field)
    }

    /// `*`, `5`, `1-5`, each but the single number with an optional `/step`.
    fn item(&self, item: &str, at: usize) -> Result<Values, ScheduleError> {
        let (span, step) = match item.split_once('/') {
            Some((span, step)) => (span, Some(self.step(step, at + span.len() + 1)?)),
            None => (item, None),
        };
        let (first, last) = match span.split_once('-') {
            _ if span == "*" => (self.first, self.star_last),
            Some((first, last)) => self.range(first, last, at)?,
            None => {
                let value = self.value(span, at)?;
                if step.is_some() {
                    return Err(self.step_without_range(item, value, at));
                }
                (value, value)
            }
        };
        Ok(Values::every(first, last, step.unwrap_or(1)))
    }

    /// The three-letter name of a number.
    pub(super) fn name_of(&self, value: u8) -> Option<&'static str> {
        let at = value.checked_sub(self.first)?;
        self.names.get(usize::from(at)).copied()
    }

    fn range(&self, first: &str, last: &str, at: usize) -> Result<(u8, u8), ScheduleError> {
        let from = self.value(first, at)?;
        let to = self.value(last, at + first.len() + 1)?;
        if from > to {
            let hint = if self.name == DAY_OF_WEEK.name && to == 0 {
                "; Sunday at the end of a range is 7"
            } else {
                "; write the two parts as a list"
            };
            let problem = format!("the range `{first}-{last}` ends before it starts{hint}");
            return Err(self.refuse(at, problem));
        }
        Ok((from, to))
    }

    fn step(&self, text: &str, at: usize) -> Result<u8, ScheduleError> {
        match digits(text) {
            Some(step) if (1..=u32::from(self.last)).contains(&step) => {
                u8::try_from(step).map_err(|_| self.refuse(at, format!("`{text}` is no step")))
            }
            Some(_) => {
                let problem = format!("the step `{text}` is outside 1-{}", self.last);
                Err(self.refuse(at, problem))
            }
            None => Err(self.refuse(at, format!("`{text}` is not a step"))),
        }
    }

    fn value(&self, text: &str, at: usize) -> Result<u8, ScheduleError> {
        if let Some(number) = digits(text) {
            return match u8::try_from(number) {
                Ok(value) if (self.first..=self.last).contains(&value) => Ok(value),
                _ => {
                    let range = format!("{}-{}", self.first, self.last);
                    Err(self.refuse(at, format!("`{text}` is outside {range}")))
                }
            };
        }
        let named = (self.first..)
            .zip(self.names)
            .find(|(_, name)| name.eq_ignore_ascii_case(text));
        match named {
            Some((value, _)) => Ok(value),
            None => Err(self.refuse(at, self.not_a_value(text))),
        }
    }

    fn not_a_value(&self, text: &str) -> String {
        match text {
            "" => "a value is missing".to_owned(),
            "?" => "`?` belongs to another dialect, write `*`".to_owned(),
            "L" | "l" => "`L` stands alone or in a list, in the day of month only".to_owned(),
            "*" => "`*` cannot be part of a range".to_owned(),
            _ => format!("`{text}` is not a {}", self.name),
        }
    }

    fn step_without_range(&self, item: &str, value: u8, at: usize) -> ScheduleError {
        let step = item.rsplit('/').next().unwrap_or_default();
        let meant = format!("{value}-{}/{step}", self.star_last);
        self.refuse(at, format!("a step needs a range, write `{meant}`"))
    }

    fn refuse(&self, position: usize, problem: String) -> ScheduleError {
        ScheduleError::Expression {
            field: self.name,
            position,
            problem,
            allowed: self.allowed,
        }
    }
}

/// The number, if the text is nothing but digits. Too large for `u32` counts as too large.
fn digits(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX))
}
