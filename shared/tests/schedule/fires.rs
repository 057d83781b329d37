//! Fire times that a person can check with a calendar.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

use super::given::{at, schedule, with_policies};

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
    let new_year = super::given::schedule("@yearly", "UTC");
    assert_eq!(new_year.next_after(at("2099-06-01T00:00:00Z")), None);
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
}
