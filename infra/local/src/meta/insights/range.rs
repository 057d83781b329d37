//! Which days an insights request is about.

use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::Deserialize;

use super::super::{refusal::Refusal, request::Parameters};

/// How far back insights go.
///
/// **Source:** Marketing API, "Insights", "Limits": 37 months.
const MONTHS_MAX: Months = Months::new(37);

/// The most days of one row.
///
/// **Source:** Marketing API, "Insights", `time_increment`.
const INCREMENT_MAX: u64 = 90;

/// Days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The first day.
    pub(super) since: NaiveDate,
    /// The last day.
    pub(super) until: NaiveDate,
}

#[derive(Deserialize)]
struct Asked {
    since: NaiveDate,
    until: NaiveDate,
}

impl Range {
    /// Reads `time_range` or else `date_preset`; without both, the last thirty days.
    ///
    /// # Errors
    /// 100 for what is not a range, 3018 for one that begins too early.
    pub(super) fn read(parameters: &Parameters, today: NaiveDate) -> Result<Self, Refusal> {
        let preset = parameters.get("date_preset").map_or("last_30d", |it| it);
        let range = match parameters.get("time_range") {
            Some(text) => {
                let asked: Asked = serde_json::from_str(text).map_err(|_| {
                    Refusal::parameter("param time_range must have since and until, YYYY-MM-DD.")
                })?;
                Self {
                    since: asked.since,
                    until: asked.until,
                }
            }
            None => Self::preset(preset, today)?,
        };
        if range.since > range.until {
            return Err(Refusal::parameter(
                "The specified date range has since after until.",
            ));
        }
        if range.since < oldest(today) {
            return Err(Refusal::start_too_old());
        }
        Ok(range)
    }

    /// **Source:** Marketing API, "Insights", `date_preset`; `last_Nd` leaves today out.
    fn preset(name: &str, today: NaiveDate) -> Result<Self, Refusal> {
        let yesterday = today - Days::new(1);
        let first = |day: NaiveDate| day.with_day(1).unwrap_or(day);
        let (since, until) = match name {
            "today" => (today, today),
            "yesterday" => (yesterday, yesterday),
            "this_month" => (first(today), today),
            "last_month" => {
                let end = first(today) - Days::new(1);
                (first(end), end)
            }
            "maximum" => (oldest(today), today),
            "last_3d" | "last_7d" | "last_14d" | "last_28d" | "last_30d" | "last_90d" => {
                let number = name.trim_start_matches("last_").trim_end_matches('d');
                (today - Days::new(number.parse().unwrap_or(30)), yesterday)
            }
            _ => {
                return Err(Refusal::parameter(format_args!(
                    "date_preset {name} is not one of those there are"
                )));
            }
        };
        Ok(Self { since, until })
    }

    /// The number of days.
    pub(super) fn days(self) -> u64 {
        (self.until - self.since).num_days().unsigned_abs() + 1
    }
}

/// The first day one may ask for. Where the month has no such day, the next there is.
fn oldest(today: NaiveDate) -> NaiveDate {
    let clipped = today - MONTHS_MAX;
    if clipped.day() == today.day() {
        clipped
    } else {
        clipped + Days::new(1)
    }
}

/// How many days a row is about; `None` is all of them.
///
/// # Errors
/// 100 for anything but 1 to 90 and `all_days`.
pub(super) fn increment(parameters: &Parameters) -> Result<Option<u64>, Refusal> {
    match parameters.get("time_increment").map(String::as_str) {
        None | Some("all_days") => Ok(None),
        Some(text) => text
            .parse()
            .ok()
            .filter(|days| (1..=INCREMENT_MAX).contains(days))
            .map(Some)
            .ok_or_else(|| Refusal::parameter("param time_increment must be 1 to 90 or all_days.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_seven_months_before_a_day_that_month_has_not_is_the_next_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();

        assert_eq!(oldest(day("2026-03-31")), day("2023-03-01"));
        assert_eq!(oldest(day("2026-11-20")), day("2023-10-20"));
    }
}
