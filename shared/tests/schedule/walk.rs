//! Fire times equal a walk over every minute, in both directions and under every policy.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::TZ_VARIANTS;
use proptest::{prelude::*, sample::select};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Zone};

use super::{
    given::{ZONES, at, changes, offset, schedule, with_policies},
    oracle::{Meaning, Part, meaning, policies},
};

const CASES: u32 = 256;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
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

/// Each different clock change of the years 2026 and 2027, once, in every zone of the database.
fn every_kind_of_change() -> Vec<(Zone, DateTime<Utc>)> {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
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
    let part = |values: &[u32]| Part {
        text: text(values),
        values: values.iter().copied().collect(),
        starred: false,
        last_day: false,
    };
    let any = |first, last| Part {
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
    assert!(kinds.len() > 40, "only {} kinds of change", kinds.len());
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
