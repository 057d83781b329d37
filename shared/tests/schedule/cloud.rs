//! The cloud's rule covers the schedule: checked by evaluating it with an engine of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, sample::select};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

use super::{
    aws::AwsCron,
    given::{ZONES, at, changes, schedule, with_policies},
    oracle::{meaning, policies},
};

pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";
/// The compiler promises five years.
const DAYS_PROMISED: i64 = 5 * 365;
/// Fires of frequent schedules looked at per stretch; rare ones are looked at for all years.
const FIRES_PER_STRETCH: usize = 100;
/// Stretches over the five years, each starting on another day of the year.
const STRETCHES: i32 = 11;

pub(crate) const EXPRESSIONS: [&str; 26] = [
    "0 6 * * *",
    "0 6,18 * * *",
    "0 6 * * 1",
    "0 6 1 * *",
    "0 9 * * 1-5",
    "30 2 * * *",
    "15 0 * * *",
    "45 23 * * *",
    "*/15 * * * *",
    "5-50/15 * * * *",
    "0 */6 * * *",
    "*/20 1-3 * * *",
    "* * * * *",
    "0 0 L * *",
    "30 23 L * *",
    "0 0 1,15 * *",
    "0 0 31 * *",
    "0 0 28-31 2 *",
    "0 0 29 2 *",
    "0 12 1 1 *",
    "0 0 1,15 * 3",
    "0 0 13 6 FRI",
    "0 3 */2 * MON",
    "10 1 */10 * *",
    "59 23 31 12 *",
    "0 0 * JAN,JUL SUN",
];

fn uncovered(schedule: &Schedule, rule: &AwsCron, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let end = from + TimeDelta::days(DAYS_PROMISED);
    (0..STRETCHES).find_map(|nth| {
        let start = from + TimeDelta::days(DAYS_PROMISED) / STRETCHES * nth;
        let fires = schedule.fires_between(start, end, FIRES_PER_STRETCH);
        fires.into_iter().find(|fire| !rule.fires_at(*fire))
    })
}

/// Fires around every clock change of the five years, where frequent schedules are not all
/// looked at otherwise.
fn uncovered_near_changes(schedule: &Schedule, rule: &AwsCron) -> Option<DateTime<Utc>> {
    let from = at(NOW);
    changes(schedule.zone(), from, from + TimeDelta::days(DAYS_PROMISED))
        .into_iter()
        .find_map(|change| {
            let day = TimeDelta::days(1);
            let fires = schedule.fires_between(change - day, change + day, 200);
            fires.into_iter().find(|fire| !rule.fires_at(*fire))
        })
}

#[test]
fn rules_cover_the_usual_schedules_in_every_kind_of_zone() {
    for zone in ZONES {
        for expression in EXPRESSIONS {
            // The policies that fire most: what covers them covers the others.
            let schedule = with_policies(expression, zone, GapPolicy::Shift, RepeatPolicy::Both);
            let text = schedule.rule_expression(at(NOW));
            let rule = AwsCron::rule(&text);
            let told = format!("`{expression}` in {zone} as {text}");
            assert_eq!(uncovered(&schedule, &rule, at(NOW)), None, "{told}");
            assert_eq!(uncovered_near_changes(&schedule, &rule), None, "{told}");
        }
    }
}

#[test]
fn rules_are_exact_in_utc_unless_both_day_fields_are_restricted() {
    let (from, until) = (at("2027-01-01T00:00:00Z"), at("2031-01-01T00:00:00Z"));
    let just_before = from - TimeDelta::seconds(1);
    for expression in EXPRESSIONS {
        let schedule = schedule(expression, "UTC");
        let rule = AwsCron::rule(&schedule.rule_expression(at(NOW)));
        let events = rule.count(from.date_naive(), until.date_naive());
        let end = until - TimeDelta::seconds(1);
        let (limit, sampled) = (20_000, events > 20_000);
        let fires = schedule.fires_between(just_before, end, limit).len();
        let both = ["0 0 1,15 * 3", "0 0 13 6 FRI", "0 3 */2 * MON"].contains(&expression);
        if sampled {
            assert_eq!(
                rule.next(just_before, 500),
                schedule.fires_between(just_before, end, 500)
            );
        } else if both {
            assert!(events > fires, "{expression} has become exact");
        } else {
            assert_eq!(events, fires, "{expression}");
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rules_cover_any_schedule_and_keep_the_grammar(
        meaning in meaning(),
        zone in select(chrono_tz::TZ_VARIANTS.to_vec()),
        policies in policies(),
        now in 1_700_000_000_i64..1_900_000_000,
    ) {
        let schedule = with_policies(&meaning.text(), zone.name(), policies.0, policies.1);
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let text = schedule.rule_expression(now);
        let rule = AwsCron::rule(&text);
        let end = now + TimeDelta::days(DAYS_PROMISED);
        for start in [now, now + TimeDelta::days(200), now + TimeDelta::days(900)] {
            for fire in schedule.fires_between(start, end, 25) {
                prop_assert!(
                    rule.fires_at(fire),
                    "`{}` in {zone} fires at {fire}, {text} does not", meaning.text()
                );
            }
        }
    }

    #[test]
    fn rules_are_exact_for_any_schedule_in_utc(
        meaning in meaning(),
        start in 1_700_000_000_i64..1_900_000_000,
    ) {
        let days = &meaning.day_of_month;
        prop_assume!(days.text == "*" || meaning.day_of_week.text == "*");
        prop_assume!(!days.last_day || days.values.is_empty());
        let schedule = schedule(&meaning.text(), "UTC");
        let start = DateTime::from_timestamp(start, 0).unwrap();
        let fires = schedule.fires_between(start, DateTime::<Utc>::MAX_UTC, 30);
        if fires.len() == 30 {
            let text = schedule.rule_expression(start);
            let events = AwsCron::rule(&text).next(start, 30);
            prop_assert_eq!(events, fires, "`{}` as {}", meaning.text(), text);
        }
    }
}

/// Two of every three numbers: the longest list, because three in a row become a range.
fn scattered(first: u32, last: u32, left_out: u32) -> String {
    let numbers = (first..=last).filter(|number| number % 3 != left_out);
    let items: Vec<String> = numbers.map(|number| number.to_string()).collect();
    items.join(",")
}

#[test]
fn the_longest_expressions_fit() {
    for left_out in 0..3 {
        let longest = [(0, 59), (0, 23), (1, 31), (1, 12)]
            .map(|(first, last)| scattered(first, last, left_out));
        let expression = format!("{} *", longest.join(" "));
        for zone in ZONES {
            let schedule = schedule(&expression, zone);
            let text = schedule.rule_expression(at(NOW));
            assert!(text.len() < 250, "{} characters: {text}", text.len());
            assert_eq!(
                uncovered(&schedule, &AwsCron::rule(&text), at(NOW)),
                None,
                "{text}"
            );
        }
    }
}

#[test]
fn a_schedule_that_never_fires_still_has_a_valid_rule() {
    let text = schedule("0 0 30 2 *", "UTC").rule_expression(at(NOW));
    assert_eq!(text, "cron(0 0 29 2 ? *)");
    AwsCron::rule(&text);
}

#[test]
fn a_rule_does_not_change_from_day_to_day() {
    for zone in ["UTC", "America/Los_Angeles", "Australia/Lord_Howe"] {
        for expression in EXPRESSIONS {
            let schedule = schedule(expression, zone);
            let today = schedule.rule_expression(at(NOW));
            for days in [1, 100, 130, 365] {
                let later = schedule.rule_expression(at(NOW) + TimeDelta::days(days));
                assert_eq!(later, today, "`{expression}` in {zone}, {days} days later");
            }
        }
    }
}

#[test]
fn the_presets_compile_as_a_person_would_write_them() {
    let rules: BTreeMap<&str, String> = [
        ("0 6,18 * * *", "UTC"),
        ("0 6 * * 1", "UTC"),
        ("0 6 1 * *", "UTC"),
        ("*/15 9-17 * * 1-5", "UTC"),
        ("0 0 1 * *", "Asia/Kolkata"),
        ("0 6 * * *", "America/Los_Angeles"),
        ("0 20 * * 6", "America/Los_Angeles"),
        ("30 2 * * *", "America/Los_Angeles"),
        ("@monthly", "UTC"),
    ]
    .into_iter()
    .map(|(expression, zone)| {
        (
            expression,
            schedule(expression, zone).rule_expression(at(NOW)),
        )
    })
    .collect();
    let expected = [
        ("*/15 9-17 * * 1-5", "cron(*/15 9-17 ? * MON-FRI *)"),
        ("0 0 1 * *", "cron(30 18 L * ? *)"),
        ("0 20 * * 6", "cron(0 3,4 ? * SUN *)"),
        ("0 6 * * *", "cron(0 13,14 * * ? *)"),
        ("0 6 * * 1", "cron(0 6 ? * MON *)"),
        ("0 6 1 * *", "cron(0 6 1 * ? *)"),
        ("0 6,18 * * *", "cron(0 6,18 * * ? *)"),
        ("30 2 * * *", "cron(0,30 9,10 * * ? *)"),
        ("@monthly", "cron(0 0 1 * ? *)"),
    ];
    let found: Vec<(&str, &str)> = rules
        .iter()
        .map(|(key, rule)| (*key, rule.as_str()))
        .collect();
    assert_eq!(found, expected);
}

/// Fires of these schedules in 2027, and events of their rules.
fn fires_and_events(expressions: &[&str], zone: &str) -> (usize, usize) {
    let (from, until) = (at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
    let (mut fires, mut events) = (0, 0);
    for expression in expressions {
        let schedule = schedule(expression, zone);
        let rule = AwsCron::rule(&schedule.rule_expression(at(NOW)));
        fires += schedule.fires_between(from, until, usize::MAX).len();
        events += rule.count(from.date_naive(), until.date_naive());
    }
    (fires, events)
}

#[test]
fn ordinary_schedules_cost_one_event_for_each_offset_of_their_zone() {
    let ordinary = [
        "0 6 * * *",
        "0 6,18 * * *",
        "0 6 * * 1",
        "0 9 * * 1-5",
        "0 6 1 * *",
    ];
    for (zone, offsets) in [
        ("UTC", 1),
        ("Asia/Kolkata", 1),
        ("Asia/Kathmandu", 1),
        ("Europe/London", 2),
        ("America/Los_Angeles", 2),
        ("Australia/Lord_Howe", 2),
    ] {
        let (fires, events) = fires_and_events(&ordinary, zone);
        let bound = fires * offsets;
        assert!(events <= bound, "{zone}: {events} events for {fires} fires");
    }
}
