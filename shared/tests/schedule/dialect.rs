//! What the dialect reads, and how it refuses the rest.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule, ScheduleError};

use super::given::{at, schedule};

fn parse(expression: &str, zone: &str) -> Result<Schedule, ScheduleError> {
    Schedule::parse(expression, zone, GapPolicy::Shift, RepeatPolicy::First)
}

fn refusal(expression: &str) -> ScheduleError {
    match parse(expression, "UTC") {
        Ok(_) => panic!("`{expression}` was accepted"),
        Err(error) => error,
    }
}

#[test]
fn equal_meanings_fire_equally() {
    let from = at("2026-01-15T10:07:00Z");
    for (one, other) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@Daily", "0 0 * * *"),
        ("0 0 * * 7", "0 0 * * SUN"),
        ("0 0 * * 5-7", "0 0 * * fri,sat,sun"),
        ("0 0 * * 0-7", "0 0 * * *"),
        ("0 0 * * 1-7/2", "0 0 * * 1,3,5,0"),
        ("0 0 * jan-mar/2 *", "0 0 * 1,3 *"),
        ("05 009 * * *", "5 9 * * *"),
        ("  0\t6   * * *  ", "0 6 * * *"),
        ("*/7,1 0 * * *", "0,1,7,14,21,28,35,42,49,56 0 * * *"),
        ("0 0 l * *", "0 0 L * *"),
        ("0 0 * * *,1", "0 0 * * *"),
    ] {
        let fires = |text| schedule(text, "UTC").fires_between(from, DateTime::<Utc>::MAX_UTC, 40);
        assert_eq!(fires(one), fires(other), "`{one}` is `{other}`");
    }
}

const REFUSALS: [(&str, &str, usize); 40] = [
    ("", "expression", 0),
    ("   ", "expression", 0),
    ("0 6 * *", "expression", 7),
    ("0 6 * * * *", "expression", 10),
    ("0 0 6 * * ? 2026", "expression", 10),
    ("60 * * * *", "minute", 0),
    ("-1 * * * *", "minute", 0),
    ("+1 * * * *", "minute", 0),
    ("0,,5 * * * *", "minute", 2),
    ("0, * * * *", "minute", 2),
    ("0,15,99 * * * *", "minute", 5),
    ("99999999999999999999 * * * *", "minute", 0),
    ("*/0 * * * *", "minute", 2),
    ("*/60 * * * *", "minute", 2),
    ("*/x * * * *", "minute", 2),
    ("5/10 * * * *", "minute", 0),
    ("10-5 * * * *", "minute", 0),
    ("1-2-3 * * * *", "minute", 2),
    ("*-5 * * * *", "minute", 0),
    ("0 24 * * *", "hour", 2),
    ("0  6-25 * * *", "hour", 5),
    ("0 0 0 * *", "day of month", 4),
    ("0 0 32 * *", "day of month", 4),
    ("0 0 ? * 1", "day of month", 4),
    ("0 0 L-3 * *", "day of month", 4),
    ("0 0 LW * *", "day of month", 4),
    ("0 0 15W * *", "day of month", 4),
    ("0 0 1 13 *", "month", 6),
    ("0 0 1 january *", "month", 6),
    ("0 0 * * 8", "day of week", 8),
    ("0 0 * * FRI-SUN", "day of week", 8),
    ("0 0 * * MON,5L", "day of week", 12),
    ("0 0 * * L", "day of week", 8),
    ("0 0 * * 5#2", "day of week", 8),
    ("L 0 * * *", "minute", 0),
    ("@reboot", "expression", 0),
    (" @every 5m", "expression", 1),
    ("@fortnightly", "expression", 0),
    ("0 6 * * *\n", "day of week", 8),
    ("０ 6 * * *", "minute", 0),
];

#[test]
fn a_refusal_names_the_field_and_the_byte() {
    for (expression, field, position) in REFUSALS {
        let error = refusal(expression);
        assert_eq!(
            (error.field(), error.position()),
            (field, Some(position)),
            "`{expression}`: {error}"
        );
    }
}

#[test]
fn a_refusal_is_one_sentence_that_says_what_to_write() {
    for (expression, sentence) in [
        (
            "0 25 * * *",
            "hour, at byte 2: `25` is outside 0-23; allowed: `*`, 0-23, lists `6,18`, ranges `9-17`, steps `*/2` or `8-20/4`",
        ),
        (
            "5/10 * * * *",
            "minute, at byte 0: a step needs a range, write `5-59/10`; allowed: `*`, 0-59, lists `0,30`, ranges `0-29`, steps `*/15` or `5-59/10`",
        ),
        (
            "@reboot",
            "expression, at byte 0: `@reboot` names no time, and nothing here reboots; allowed: @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually",
        ),
        (
            "0 6 * * 1 *",
            "expression, at byte 10: there is a sixth field; seconds and years are not supported; allowed: five fields: minute, hour, day of month, month, day of week",
        ),
    ] {
        assert_eq!(refusal(expression).to_string(), sentence);
    }
    let wrapped = refusal("0 0 * * FRI-SUN").to_string();
    assert!(
        wrapped.contains("Sunday at the end of a range is 7"),
        "{wrapped}"
    );
}

#[test]
fn an_unknown_zone_is_its_own_refusal() {
    for unknown in [
        "PST",
        "",
        "America/Los Angeles",
        "Mars/Olympus_Mons",
        "+02:00",
    ] {
        let error = parse("0 6 * * *", unknown).expect_err(unknown);
        assert!(
            matches!(error, ScheduleError::UnknownZone { .. }),
            "{error}"
        );
        assert_eq!((error.field(), error.position()), ("timezone", None));
    }
    let endless = parse("0 6 * * *", &"Z".repeat(10_000)).expect_err("endless");
    assert!(endless.to_string().len() < 200);
}

#[test]
fn the_expression_is_kept_as_it_was_given() {
    let schedule = schedule(" @daily ", "Europe/Berlin");
    assert_eq!(schedule.expression(), "@daily");
    assert_eq!(schedule.zone().name(), "Europe/Berlin");
}

#[test]
fn an_expression_longer_than_256_bytes_is_refused_unread() {
    let minutes = "0,".repeat(123) + "0";
    assert!(parse(&format!("{minutes} * * * *"), "UTC").is_ok());
    let error = refusal(&format!("{minutes},0 * * * * "));
    assert_eq!(error.position(), Some(256));
    refusal(&"*".repeat(10_000_000));
}

#[test]
fn policies_are_written_in_snake_case() {
    let written = serde_json::to_string(&(GapPolicy::Shift, RepeatPolicy::Both)).unwrap();
    assert_eq!(written, r#"["shift","both"]"#);
    let read: (GapPolicy, RepeatPolicy) = serde_json::from_str(r#"["skip","second"]"#).unwrap();
    assert_eq!(read, (GapPolicy::Skip, RepeatPolicy::Second));
    assert_eq!(GapPolicy::default(), GapPolicy::Shift);
    assert_eq!(RepeatPolicy::default(), RepeatPolicy::First);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_typed_can_panic(
        expression in "[-*/,0-9L?#@ A-Za-z\u{e9}]{0,40}",
        start in any::<i32>(),
    ) {
        if let Ok(schedule) = parse(&expression, "America/Los_Angeles") {
            let now = DateTime::from_timestamp(i64::from(start), 0).unwrap();
            let _ = (schedule.next_after(now), schedule.sentence(), schedule.lints(now));
            prop_assert!(schedule.rule_expression(now).len() <= 256);
        }
    }

    #[test]
    fn nearly_right_expressions_are_read_or_placed(
        fields in proptest::collection::vec("(\\*|[0-9]{1,2}|L|[A-Z]{3})([-/,][0-9]{1,2}){0,2}", 5),
    ) {
        let expression = fields.join(" ");
        match parse(&expression, "UTC") {
            Ok(schedule) => {
                let now = at("2026-01-01T00:00:00Z");
                let fires = schedule.fires_between(now, DateTime::<Utc>::MAX_UTC, 3);
                prop_assert!(fires.is_sorted());
            }
            Err(error) => {
                let position = error.position().unwrap_or(usize::MAX);
                prop_assert!(position <= expression.len(), "{error}");
                prop_assert!(expression.is_char_boundary(position));
            }
        }
    }
}
