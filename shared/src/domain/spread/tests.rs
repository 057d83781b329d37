//! Crowded minutes and quieter ones.

use super::*;
use crate::domain::{load::tests::job, schedule::Period};

fn of(jobs: &[Planned]) -> Spread {
    of_named(jobs, |_| "Assets".to_owned())
}

/// Each job is named by its place.
fn of_named(jobs: &[Planned], name: impl Fn(usize) -> String) -> Spread {
    let jobs = jobs.iter().cloned().enumerate();
    let jobs = jobs.map(|(place, planned)| {
        let id = JobId(uuid::Uuid::from_u128(place as u128));
        let name = name(place);
        (Named { id, name }, planned)
    });
    let jobs: Vec<_> = jobs.collect();
    spread(&jobs, "2026-11-20T05:55:00Z".parse().unwrap())
}

#[test]
fn a_quiet_day_has_minutes_and_no_suggestions() {
    let told = of(&[job("0 6 * * *"), job("0 6,18 * * *")]);

    let fires: Vec<_> = told.minutes.iter().map(|it| it.fires).collect();
    assert_eq!((told.fires, fires), (3, vec![2, 1]));
    assert!(told.minutes.iter().all(|it| it.crowded.is_none()));
    assert_eq!(told.suggestions, []);
}

#[test]
fn as_many_jobs_as_needed_move_to_different_near_minutes() {
    let jobs: Vec<_> = (0..13).map(|_| job("0 6 * * *")).collect();

    let told = of_named(&jobs, |place| format!("Assets {:02}", 12 - place));

    assert!(told.minutes[0].crowded.is_some(), "{told:?}");
    let suggested: Vec<_> = told.suggestions.iter().map(|it| &it.suggested).collect();
    assert_eq!(suggested, ["1 6 * * *", "2 6 * * *", "3 6 * * *"]);
    assert!(told.suggestions.iter().all(|it| it.others == 0));
    assert_eq!(told.suggestions[0].name, "Assets 00");
    assert_eq!(told.suggestions[0].job_id.0.as_u128(), 12);
}

#[test]
fn a_job_moves_only_where_all_its_fires_are_quieter() {
    let mut jobs: Vec<_> = (0..11).map(|_| job("30 * * * *")).collect();
    jobs.extend((0..12).map(|_| job("31 9 * * *")));

    let told = of_named(&jobs, |place| {
        let name = if place < 11 { "Always first" } else { "Assets" };
        name.to_owned()
    });

    let moved = &told.suggestions[0].suggested;
    assert_eq!(moved, "29 * * * *", "31 is crowded at nine");
}

#[test]
fn intervals_and_what_cannot_be_read_do_not_move() {
    let mut jobs: Vec<_> = (0..11).map(|_| job("*/30 6 * * *")).collect();
    jobs.push(job("not a schedule"));

    let told = of(&jobs);

    assert_eq!((told.fires, told.suggestions.len()), (22, 0));
    assert!(told.minutes[0].crowded.is_some());
}

#[test]
fn a_period_and_a_pause_that_ends_leave_the_fires_outside_out() {
    let at = |text: &str| -> Option<DateTime<Utc>> { Some(text.parse().unwrap()) };
    let hourly = || job("0 * * * *");
    let ends = Planned {
        period: Period {
            ends_at: at("2026-11-20T08:00:00Z"),
            starts_at: None,
        },
        ..hourly()
    };
    let starts = Planned {
        period: Period {
            starts_at: at("2026-11-21T04:00:00Z"),
            ends_at: None,
        },
        ..hourly()
    };
    let pauses = Planned {
        paused_until: at("2026-11-21T05:00:00Z"),
        ..hourly()
    };

    let fires = [ends, starts, pauses].map(|job| of(&[job]).fires);

    assert_eq!(fires, [3, 2, 1]);
}

#[test]
fn the_minute_stays_within_its_hour() {
    let jobs: Vec<_> = (0..11).map(|_| job("59 23 * * *")).collect();

    assert_eq!(of(&jobs).suggestions[0].suggested, "58 23 * * *");
}
