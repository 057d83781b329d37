//! Fire times: order, both directions, policies, and equality with the walk over every minute.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::TZ_VARIANTS;
use proptest::{prelude::*, sample::select};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule, Zone};

use super::{
    at,
    oracle::{Meaning, meaning, policies},
    schedule, with_policies,
};

const CASES: u32 = 256;
/// Zones of every kind: half-hour and quarter-hour offsets, half-hour summer time, changes at
/// midnight, summer time in winter, both hemispheres, both ends of the date line.
pub(crate) const ZONES: [&str; 14] = [
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
];

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn offset(zone: Zone, instant: DateTime<Utc>) -> i32 {
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
    offset.fix().local_minus_utc()
}

/// Instants at which a zone's offset changes, to the minute.
fn changes(zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut found = Vec::new();
    let mut low = from;
    while low < until {
        let high = low + TimeDelta::hours(12);
        if offset(zone, low) != offset(zone, high) {
            let minutes = (1..=12 * 60).map(|minute| low + TimeDelta::minutes(minute));
            found.extend({ minutes }.find(|time| offset(zone, *time) != offset(zone, low)));
        }
        low = high;
    }
    found
}

fn assert_equals_the_walk(
    meaning: &Meaning,
    zone: Zone,
    policies: (GapPolicy, RepeatPolicy),
    (after, until): (DateTime<Utc>, DateTime<Utc>),
) {
    let expected = meaning.fires(zone, policies, after, until);
    let schedule = with_policies(&meaning.text(), zone.name(), policies.0, policies.1);
    let text = format!("`{}` {policies:?} in {zone} from {after}", meaning.text());
    let limit = expected.len() + 1;
    assert_eq!(
        schedule.fires_between(after, until, limit),
        expected,
        "{text}"
    );
    assert_eq!(
        schedule.latest_fires(after, until, limit),
        expected,
        "backward: {text}"
    );
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fires_equal_a_walk_over_every_minute(
        meaning in meaning(),
        zone in select(ZONES.to_vec()),
        policies in policies(),
        start in 1_700_000_000_i64..1_900_000_000,
    ) {
        let zone: Zone = zone.parse().unwrap();
        let after = DateTime::from_timestamp(start, 0).unwrap();
        let near_a_change = changes(zone, after, after + TimeDelta::days(200))
            .first()
            .map(|change| (*change - TimeDelta::hours(5), *change + TimeDelta::hours(5)));
        assert_equals_the_walk(&meaning, zone, policies, (after, after + TimeDelta::hours(30)));
        if let Some(window) = near_a_change {
            assert_equals_the_walk(&meaning, zone, policies, window);
        }
    }

    #[test]
    fn fires_rise_without_a_duplicate_and_lead_back(
        meaning in meaning(),
        zone in select(ZONES.to_vec()),
        policies in policies(),
        start in 1_700_000_000_i64..1_900_000_000,
    ) {
        let schedule = with_policies(&meaning.text(), zone, policies.0, policies.1);
        let start = DateTime::from_timestamp(start, 0).unwrap();
        let mut previous = start;
        for fire in schedule.fires_between(start, DateTime::<Utc>::MAX_UTC, 20) {
            prop_assert!(fire > previous);
            prop_assert_eq!(schedule.next_after(fire - TimeDelta::seconds(1)), Some(fire));
            prop_assert_eq!(schedule.last_before(fire + TimeDelta::seconds(1)), Some(fire));
            let before = schedule.last_before(fire);
            prop_assert!(before.is_none_or(|before| before <= start || before == previous));
            previous = fire;
        }
    }

    #[test]
    fn the_newest_fires_are_the_end_of_all_fires(
        meaning in meaning(),
        zone in select(ZONES.to_vec()),
        start in 1_700_000_000_i64..1_900_000_000,
        limit in 0_usize..9,
    ) {
        let schedule = schedule(&meaning.text(), zone);
        let after = DateTime::from_timestamp(start, 0).unwrap();
        let until = after + TimeDelta::hours(20);
        let all = schedule.fires_between(after, until, usize::MAX);
        let newest = schedule.latest_fires(after, until, limit);
        prop_assert_eq!(&newest[..], &all[all.len().saturating_sub(limit)..]);
    }
}

/// Each different clock change of the years 2025 to 2028, once, in every zone of the database.
fn every_kind_of_change() -> Vec<(Zone, DateTime<Utc>)> {
    let (from, until) = (at("2025-01-01T00:00:00Z"), at("2029-01-01T00:00:00Z"));
    let mut seen = BTreeSet::new();
    let mut kinds = Vec::new();
    for zone in TZ_VARIANTS {
        for change in changes(zone, from, until) {
            let (before, after) = (
                offset(zone, change - TimeDelta::minutes(1)),
                offset(zone, change),
            );
            if seen.insert((change, before, after)) {
                kinds.push((zone, change));
            }
        }
    }
    kinds
}

fn fixed(minutes: &[u32], hours: std::ops::RangeInclusive<u32>) -> Meaning {
    let text = |values: &[u32]| {
        let items: Vec<String> = values.iter().map(u32::to_string).collect();
        items.join(",")
    };
    let hours: Vec<u32> = hours.collect();
    let part = |values: &[u32]| super::oracle::Part {
        text: text(values),
        values: values.iter().copied().collect(),
        starred: false,
        last_day: false,
    };
    let any = |first, last| super::oracle::Part {
        text: "*".to_owned(),
        values: (first..=last).collect(),
        starred: true,
        last_day: false,
    };
    Meaning {
        minute: part(minutes),
        hour: part(&hours),
        day_of_month: any(1, 31),
        month: any(1, 12),
        day_of_week: any(0, 6),
    }
}

#[test]
fn every_clock_change_of_every_zone_obeys_both_policies() {
    let fixed = fixed(&[0, 15, 30, 59], 0..=23);
    let mut elapsed = fixed.clone();
    elapsed.minute.text = "*/20".to_owned();
    elapsed.minute.values = [0, 20, 40].into_iter().collect();
    elapsed.minute.starred = true;
    let kinds = every_kind_of_change();
    assert!(kinds.len() > 100, "only {} kinds of change", kinds.len());
    for (nth, (zone, change)) in kinds.into_iter().enumerate() {
        let window = (change - TimeDelta::hours(3), change + TimeDelta::hours(3));
        let gap = [GapPolicy::Shift, GapPolicy::Skip][nth % 2];
        for repeat in [
            RepeatPolicy::First,
            RepeatPolicy::Second,
            RepeatPolicy::Both,
        ] {
            assert_equals_the_walk(&fixed, zone, (gap, repeat), window);
        }
        let defaults = (GapPolicy::Shift, RepeatPolicy::First);
        assert_equals_the_walk(&elapsed, zone, defaults, window);
    }
}

#[test]
fn next_is_right_from_every_minute_of_a_change() {
    for (zone, change) in [
        ("America/Los_Angeles", "2026-03-08T10:00:00Z"),
        ("America/Los_Angeles", "2026-11-01T09:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ] {
        let zone: Zone = zone.parse().unwrap();
        let change = at(change);
        let (from, until) = (change - TimeDelta::hours(2), change + TimeDelta::hours(3));
        for policies in [
            (GapPolicy::Shift, RepeatPolicy::First),
            (GapPolicy::Shift, RepeatPolicy::Both),
            (GapPolicy::Skip, RepeatPolicy::Second),
        ] {
            let meaning = fixed(&[0, 20, 50], 0..=23);
            let schedule = with_policies(&meaning.text(), zone.name(), policies.0, policies.1);
            let all = meaning.fires(zone, policies, from, until);
            for minute in 0..240 {
                let now = from + TimeDelta::minutes(minute);
                let expected = all.iter().find(|fire| **fire > now).copied();
                assert_eq!(
                    schedule.next_after(now),
                    expected,
                    "{zone} {policies:?} {now}"
                );
            }
        }
    }
}

fn fires(schedule: &Schedule, after: &str, limit: usize) -> Vec<String> {
    let fires = schedule.fires_between(at(after), DateTime::<Utc>::MAX_UTC, limit);
    fires
        .iter()
        .map(|fire| fire.format("%m-%dT%H:%M").to_string())
        .collect()
}

#[test]
fn a_daily_job_in_a_gap_shifts_or_is_skipped_as_declared() {
    let half_past_two = |gap| {
        with_policies(
            "30 2 * * *",
            "America/Los_Angeles",
            gap,
            RepeatPolicy::First,
        )
    };
    let before = "2026-03-07T12:00:00Z";
    assert_eq!(
        fires(&half_past_two(GapPolicy::Shift), before, 2),
        ["03-08T10:00", "03-09T09:30"]
    );
    assert_eq!(
        fires(&half_past_two(GapPolicy::Skip), before, 2),
        ["03-09T09:30", "03-10T09:30"]
    );
}

#[test]
fn a_daily_job_in_a_repeated_hour_runs_as_often_as_declared() {
    let half_past_one = |repeat| {
        with_policies(
            "30 1 * * *",
            "America/Los_Angeles",
            GapPolicy::Shift,
            repeat,
        )
    };
    let before = "2026-11-01T00:00:00Z";
    assert_eq!(
        fires(&half_past_one(RepeatPolicy::First), before, 2),
        ["11-01T08:30", "11-02T09:30"]
    );
    assert_eq!(
        fires(&half_past_one(RepeatPolicy::Second), before, 2),
        ["11-01T09:30", "11-02T09:30"]
    );
    assert_eq!(
        fires(&half_past_one(RepeatPolicy::Both), before, 3),
        ["11-01T08:30", "11-01T09:30", "11-02T09:30"]
    );
}

#[test]
fn six_in_the_morning_stays_six_across_the_change() {
    let daily = schedule("0 6 * * *", "America/Los_Angeles");
    assert_eq!(
        fires(&daily, "2026-03-07T20:00:00Z", 2),
        ["03-08T13:00", "03-09T13:00"],
        "M-51: the offset is that of the fire, not that of now"
    );
}

#[test]
fn one_is_monday_and_seven_is_sunday() {
    let monday_morning = "2026-02-16T05:00:00Z";
    assert_eq!(
        fires(&schedule("0 6 * * 1", "UTC"), monday_morning, 1),
        ["02-16T06:00"]
    );
    for sunday in ["0 6 * * 7", "0 6 * * 0", "0 6 * * sun"] {
        assert_eq!(
            fires(&schedule(sunday, "UTC"), monday_morning, 1),
            ["02-22T06:00"]
        );
    }
}

#[test]
fn the_31st_waits_for_a_month_that_has_one() {
    let on_the_31st = schedule("0 6 31 * *", "UTC");
    assert_eq!(
        fires(&on_the_31st, "2026-02-16T05:00:00Z", 3),
        ["03-31T06:00", "05-31T06:00", "07-31T06:00"],
        "M-53"
    );
    let last_day = schedule("0 6 L * *", "UTC");
    assert_eq!(
        fires(&last_day, "2028-02-16T05:00:00Z", 3),
        ["02-29T06:00", "03-31T06:00", "04-30T06:00"]
    );
}

#[test]
fn a_date_that_never_comes_is_told_at_once() {
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 31 2 *"] {
        let schedule = schedule(never, "America/Los_Angeles");
        assert_eq!(
            schedule.next_after(at("2026-01-01T00:00:00Z")),
            None,
            "{never}"
        );
        assert_eq!(
            schedule.last_before(at("2026-01-01T00:00:00Z")),
            None,
            "{never}"
        );
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let schedule = schedule("*/7 3 L * *", "Pacific/Kiritimati");
    for edge in [
        DateTime::<Utc>::MIN_UTC,
        DateTime::UNIX_EPOCH,
        DateTime::<Utc>::MAX_UTC,
    ] {
        let _ = (schedule.next_after(edge), schedule.last_before(edge));
        let _ = schedule.latest_fires(DateTime::<Utc>::MIN_UTC, edge, 3);
    }
    assert!(schedule.next_after(DateTime::<Utc>::MIN_UTC).is_some());
    assert_eq!(schedule.next_after(at("2100-01-01T00:00:00Z")), None);
}

#[test]
fn a_year_unattended_costs_no_more_than_the_fires_asked_for() {
    let every_minute = schedule("* * * * *", "America/Los_Angeles");
    let (after, until) = (at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    let newest = every_minute.latest_fires(after, until, 10);
    assert_eq!(newest.len(), 10);
    assert_eq!(newest.last(), Some(&until));
    assert_eq!(newest.first(), Some(&(until - TimeDelta::minutes(9))));
}

#[test]
fn a_wall_clock_time_is_a_whole_minute() {
    let schedule = schedule("*/5 * * * *", "UTC");
    let odd = at("2026-01-01T00:04:59.999999999Z");
    assert_eq!(schedule.next_after(odd), Some(at("2026-01-01T00:05:00Z")));
    assert_eq!(
        schedule.last_before(at("2026-01-01T00:05:00.5Z")),
        Some(at("2026-01-01T00:05:00Z"))
    );
    let naive: NaiveDateTime = schedule.next_after(odd).unwrap().naive_utc();
    assert_eq!(naive.and_utc().timestamp() % 60, 0);
}
