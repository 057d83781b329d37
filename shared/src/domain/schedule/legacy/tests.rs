//! Every string that was measured, with what each worker did and what it becomes.

use chrono::{DateTime, Utc};

use super::*;
use crate::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

/// Monday 2026-02-16, 05:00 in Los Angeles: when the old workers were measured.
const MEASURED_AT: &str = "2026-02-16T13:00:00Z";

const NEVER: &str = "never: it found no next time";

/// Old string; what the early and the late worker did; the new expression; its first fire after
/// the measurement, on the wall clock of Los Angeles.
const MEASURED: [(&str, &str, &str, &str, &str); 13] = [
    (
        "0 6 * * *",
        "at 06:00 every day",
        "at 06:00 every day",
        "0 6 * * *",
        "Mon 02-16 06:00",
    ),
    (
        "30 6 * * *",
        "at 06:00 every day (the minute was ignored)",
        "at 06:30 every day",
        "30 6 * * *",
        "Mon 02-16 06:30",
    ),
    (
        "0 6 * * 1",
        "at 06:00 on Tuesday",
        "at 06:00 on Tuesday",
        "0 6 * * TUE",
        "Tue 02-17 06:00",
    ),
    (
        "0 6 * * 7",
        "at 06:00 on Monday",
        "at 06:00 on Monday",
        "0 6 * * SUN",
        "Sun 02-22 06:00",
    ),
    (
        "0 6 1 * *",
        "at 06:00 on day 1 of the month",
        "at 06:00 on day 1 of the month",
        "0 6 1 * *",
        "Sun 03-01 06:00",
    ),
    (
        "0 6 15 * *",
        "at 06:00 on day 1 of the month (the day was ignored)",
        "at 06:00 on day 15 of the month",
        "0 6 15 * *",
        "Sun 03-15 06:00",
    ),
    (
        "0 6 31 * *",
        "at 06:00 on day 1 of the month (the day was ignored)",
        "at 06:00 on day 31 of the month, and never again once the month it looked at had no such \
         day",
        "0 6 31 * *",
        "Tue 03-31 06:00",
    ),
    (
        "0 6,18 * * *",
        NEVER,
        NEVER,
        "0 6,18 * * *",
        "Mon 02-16 06:00",
    ),
    (
        "*/30 * * * *",
        NEVER,
        "every 30 minutes",
        "*/30 * * * *",
        "Mon 02-16 05:30",
    ),
    (
        "0 */2 * * *",
        NEVER,
        "every 2 hours",
        "0 */2 * * *",
        "Mon 02-16 06:00",
    ),
    ("0 * * * *", NEVER, NEVER, "0 * * * *", "Mon 02-16 06:00"),
    (
        "0 6 * * 1-5",
        NEVER,
        NEVER,
        "0 6 * * 1-5",
        "Mon 02-16 06:00",
    ),
    (
        "0 6 * * SUN",
        NEVER,
        NEVER,
        "0 6 * * SUN",
        "Sun 02-22 06:00",
    ),
];

fn next(expression: &str) -> String {
    let (gap, repeat) = (GapPolicy::Shift, RepeatPolicy::First);
    let schedule = Schedule::parse(expression, ZONE.name(), gap, repeat).unwrap();
    let now: DateTime<Utc> = MEASURED_AT.parse().unwrap();
    let fire = schedule.next_after(now).unwrap().with_timezone(&ZONE);
    fire.format("%a %m-%d %H:%M").to_string()
}

#[test]
fn every_measured_string_tells_its_past_and_has_a_future() {
    for (old, early, late, new, fires) in MEASURED {
        let legacy = convert(old).unwrap();

        assert_eq!(legacy.did_early, early, "{old}, early");
        assert_eq!(legacy.did_late, late, "{old}, late");
        assert_eq!(legacy.expression, new, "{old}");
        assert_eq!(next(&legacy.expression), fires, "{old}");
    }
}

#[test]
fn a_weekday_digit_has_a_second_reading() {
    let readings = |old| {
        let legacy = convert(old).unwrap();
        (legacy.expression, legacy.if_from_sunday)
    };
    let both = |first: &str, second: &str| (first.to_owned(), Some(second.to_owned()));

    assert_eq!(readings("0 6 * * 0"), both("0 6 * * MON", "0 6 * * SUN"));
    assert_eq!(readings("0 6 * * 1"), both("0 6 * * TUE", "0 6 * * MON"));
    assert_eq!(readings("0 6 * * 6"), both("0 6 * * SUN", "0 6 * * SAT"));
    assert_eq!(readings("0 6 * * 7").1, None, "Sunday in every count");
    assert_eq!(readings("0 6 * * *").1, None);
}

#[test]
fn the_month_was_ignored_and_an_hour_did_not_bound_an_interval() {
    let legacy = convert("0 6 * 12 *").unwrap();
    assert_eq!(legacy.did_late, "at 06:00 every day");
    assert_eq!(legacy.expression, "0 6 * 12 *");
    assert!(legacy.notes[0].contains("in every month"));

    let legacy = convert("*/15 9-17 * * *").unwrap();
    assert!(legacy.did_late.ends_with("(the hours were ignored)"));
}

#[test]
fn what_was_not_measured_is_not_told() {
    for old in ["*/30 6 * * *", "0 6 1 * 2", "0 6 1,15 * *"] {
        assert!(
            convert(old).unwrap().did_early.starts_with("not known"),
            "{old}"
        );
    }
    assert!(
        convert("15 */2 * * *")
            .unwrap()
            .did_late
            .starts_with("not known")
    );
}

#[test]
fn what_no_dialect_knows_is_refused_with_a_reason() {
    for (old, reason) in [
        ("0 6 * *", "4 fields instead of five"),
        ("", "0 fields"),
        ("0 25 * * *", "hour, at byte 2"),
        ("0 6 * * 8", "day of week, at byte 8"),
        ("0 6 * * noon", "day of week"),
    ] {
        let line = convert(old).unwrap_err().to_string();
        assert!(line.contains(reason), "{old}: {line}");
    }
}
