//! Windows, months, time zones.

use chrono::{Datelike, TimeDelta, TimeZone};
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn recent_days(today: &str, days_back: u32, restatement_days: u32, read: &[(&str, i32)]) -> Plan {
    let read = read.iter().map(|(date, age)| (day(date), *age)).collect();
    let wish = Wish::Recent {
        days_back,
        restatement_days,
    };
    plan(day(today), wish, &read)
}

#[test]
fn thirty_seven_months_end_where_meta_ends_them() {
    for (today, first) in [
        ("2026-03-31", "2023-03-01"),
        ("2027-03-31", "2024-03-01"),
        ("2027-03-30", "2024-03-01"),
        ("2027-03-29", "2024-03-01"),
        ("2026-11-27", "2023-10-28"),
        ("2026-01-01", "2022-12-02"),
        ("2028-02-29", "2025-01-30"),
    ] {
        assert_eq!(oldest(day(today)), day(first), "{today}");
    }
}

#[test]
fn today_is_where_the_account_is() {
    let now = Utc.with_ymd_and_hms(2026, 11, 1, 10, 30, 0).unwrap();
    for (zone, date) in [
        ("Pacific/Kiritimati", "2026-11-02"),
        ("Pacific/Pago_Pago", "2026-10-31"),
        ("America/New_York", "2026-11-01"),
        ("Europe/Berlin", "2026-11-01"),
    ] {
        assert_eq!(today(now, zone.parse().unwrap()), day(date), "{zone}");
    }
}

#[test]
fn a_first_run_reads_the_window_and_a_later_one_what_is_not_final() {
    let first = recent_days("2026-11-27", 90, 28, &[]);
    assert_eq!(first.days.len(), 91);
    let read: Vec<(String, i32)> = (0..=90_u8)
        .map(|age| {
            (
                (day("2026-11-27") - Days::new(age.into())).to_string(),
                age.into(),
            )
        })
        .collect();
    let read: Vec<(&str, i32)> = read
        .iter()
        .map(|(date, age)| (date.as_str(), *age))
        .collect();

    let next = recent_days("2026-11-28", 90, 28, &read);

    // 30 October was read at the age of 28.
    assert_eq!(next.days.first(), Some(&day("2026-10-31")));
    assert_eq!(
        (next.days.len(), next.range),
        (29, Some((day("2026-08-30"), day("2026-11-28"))))
    );
}

#[test]
fn what_an_outage_left_behind_is_caught_up_on() {
    let read = [("2026-10-01", 20), ("2026-10-02", 19), ("2026-09-01", 28)];
    let plan = recent_days("2026-11-27", 7, 10, &read);
    let missed = |date: &str| plan.days.contains(&day(date));

    assert!(missed("2026-10-03") && missed("2026-11-16"), "never read");
    assert!(
        !missed("2026-10-02"),
        "read at an age that this job asks for"
    );
    assert!(
        !missed("2026-09-02"),
        "a hole that a backfill left is its own affair"
    );
    let plan = recent_days("2026-11-27", 7, 28, &read);
    assert!(
        plan.days.contains(&day("2026-10-02")),
        "left the window before its last reading"
    );
}

#[test]
fn a_long_outage_is_caught_up_on_in_parts() {
    let plan = recent_days("2026-11-27", 7, 28, &[("2026-01-01", 0)]);
    assert_eq!(plan.days.len(), 29 + CATCH_UP_DAYS_MAX);
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.days.contains(&day("2026-10-29")));
}

#[test]
fn a_backfill_reads_its_days_final_or_not_and_says_what_it_cannot() {
    let today = day("2026-11-27");
    let wish = |since: &str, until: Option<&str>| Wish::Backfill {
        since: day(since),
        until: until.map(day),
    };
    let read = BTreeMap::from([(day("2026-03-01"), 90)]);
    let exact = plan(today, wish("2026-03-01", Some("2026-03-03")), &read);
    assert_eq!((exact.days.len(), exact.notes.len()), (3, 0));
    let long = plan(today, wish("2020-01-01", Some("2030-01-01")), &read);
    assert_eq!(long.range, Some((day("2023-10-28"), today)));
    assert_eq!(long.notes.len(), 2);
    let never = plan(today, wish("2030-01-01", None), &read);
    assert_eq!((never.days.len(), never.range), (0, None));
}

proptest! {
    #[test]
    fn the_oldest_day_is_always_within_37_months(offset in 0_i64..20_000) {
        let today = day("2000-01-01") + TimeDelta::days(offset);
        let first = oldest(today);
        let months = (today.year() - first.year()) * 12
            + i32::try_from(today.month()).unwrap() - i32::try_from(first.month()).unwrap();
        prop_assert!(months < 37 || (months == 37 && first.day() > today.day()), "{today} {first}");
        prop_assert!(months >= 36);
    }

    #[test]
    fn every_day_of_the_window_is_planned_or_final(
        days_back in 1_u32..=90, restatement in 0_u32..=28,
        ages in proptest::collection::btree_map(0_u64..120, 0_i32..40, 0..60),
    ) {
        let today = day("2026-11-27");
        let read: BTreeMap<NaiveDate, i32> =
            ages.into_iter().map(|(back, age)| (today - Days::new(back), age)).collect();
        let plan = plan(today, Wish::Recent { days_back, restatement_days: restatement }, &read);
        for back in 0..=days_back.max(restatement) {
            let date = today - Days::new(back.into());
            let is_final = read.get(&date).is_some_and(|age| *age >= FINAL_AGE_DAYS);
            prop_assert_eq!(plan.days.contains(&date), !is_final, "{}", date);
        }
        prop_assert!(plan.days.iter().all(|date| *date <= today));
    }

    #[test]
    fn no_zone_is_more_than_a_day_away(seconds in 0_i64..4_000_000_000, place in 0_usize..600) {
        let zone = chrono_tz::TZ_VARIANTS[place % chrono_tz::TZ_VARIANTS.len()];
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let away = (today(now, zone) - now.date_naive()).num_days();
        prop_assert!((-1..=1).contains(&away), "{zone} {now}");
    }
}
