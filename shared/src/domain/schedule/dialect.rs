//! The user's dialect: five fields as people know them, and the nicknames.
//!
//! **Source:** `crontab(5)` of Debian's cron, plus `L` for the last day of the month.

use super::{
    ScheduleError,
    field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, Kind, MINUTE, MONTH},
};

/// Longest expression read, in bytes: as long as the cloud's own, and short enough that a
/// hostile one costs microseconds.
pub(super) const EXPRESSION_BYTES_MAX: usize = 256;

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

const FIVE_FIELDS: &str = "five fields: minute, hour, day of month, month, day of week";
const NICKNAMES_ALLOWED: &str = "@hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually";

/// An expression, field by field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) minute: Field,
    pub(super) hour: Field,
    pub(super) day_of_month: Field,
    pub(super) month: Field,
    pub(super) day_of_week: Field,
}

impl Fields {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// [`ScheduleError::Expression`] for the first thing that is not in the dialect.
    pub(super) fn parse(expression: &str) -> Result<Self, ScheduleError> {
        if expression.len() > EXPRESSION_BYTES_MAX {
            let problem = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
            return Err(refuse(EXPRESSION_BYTES_MAX, problem, FIVE_FIELDS));
        }
        match words(expression).as_slice() {
            [(at, name)] if name.starts_with('@') => nickname(name, *at),
            [(at, name), ..] if name.starts_with('@') => {
                let problem = format!("`{name}` must stand alone");
                Err(refuse(*at, problem, NICKNAMES_ALLOWED))
            }
            [minute, hour, day_of_month, month, day_of_week] => Ok(Self {
                minute: read(&MINUTE, *minute)?,
                hour: read(&HOUR, *hour)?,
                day_of_month: read(&DAY_OF_MONTH, *day_of_month)?,
                month: read(&MONTH, *month)?,
                day_of_week: read(&DAY_OF_WEEK, *day_of_week)?,
            }),
            [] => Err(refuse(0, "the expression is empty".to_owned(), FIVE_FIELDS)),
            [_, _, _, _, _, (at, _), ..] => {
                let problem =
                    "there is a sixth field; seconds and years are not supported".to_owned();
                Err(refuse(*at, problem, FIVE_FIELDS))
            }
            fewer => {
                let count = fewer.len();
                let problem = format!("the expression ends after {count} of 5 fields");
                Err(refuse(expression.len(), problem, FIVE_FIELDS))
            }
        }
    }

    /// Whether minute and hour are both fixed: such a schedule follows the wall clock, any other
    /// follows elapsed time.
    pub(super) fn follows_wall_clock(&self) -> bool {
        !self.minute.starred && !self.hour.starred
    }

    /// Whether a day needs to be in only one of the two day fields.
    pub(super) fn either_day_field(&self) -> bool {
        !self.day_of_month.starred && !self.day_of_week.starred
    }
}

fn read(kind: &Kind, (at, text): (usize, &str)) -> Result<Field, ScheduleError> {
    kind.parse(text, at)
}

/// The words between spaces and tabs, each with its byte offset.
fn words(expression: &str) -> Vec<(usize, &str)> {
    let mut next = 0;
    expression
        .split([' ', '\t'])
        .map(|word| {
            let at = next;
            next += word.len() + 1;
            (at, word)
        })
        .filter(|(_, word)| !word.is_empty())
        .collect()
}

fn nickname(name: &str, at: usize) -> Result<Fields, ScheduleError> {
    if name.eq_ignore_ascii_case("@reboot") {
        let problem = "`@reboot` names no time, and nothing here reboots".to_owned();
        return Err(refuse(at, problem, NICKNAMES_ALLOWED));
    }
    match NICKNAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        Some((_, expression)) => Fields::parse(expression),
        None => {
            let problem = format!("`{name}` is not a known nickname");
            Err(refuse(at, problem, NICKNAMES_ALLOWED))
        }
    }
}

fn refuse(position: usize, problem: String, allowed: &'static str) -> ScheduleError {
    ScheduleError::Expression {
        field: "expression",
        position,
        problem,
        allowed,
    }
}
