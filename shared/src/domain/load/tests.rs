//! Which jobs meet in a minute.

use super::*;

pub(in crate::domain) fn job(cron: &str) -> Planned {
    Planned {
        jobs: 1,
        cron_expression: Some(cron.to_owned()),
        timezone: "UTC".to_owned(),
        gap: GapPolicy::Shift,
        repeat: RepeatPolicy::First,
        period: Period::default(),
        paused_until: None,
        next_run_at: None,
    }
}

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-20T{text}Z").parse().unwrap()
}

fn of(jobs: &[Planned]) -> Load<'_> {
    Load::of(jobs, at("05:55:00"), at("09:00:00"), 1_000)
}

#[test]
fn jobs_of_one_schedule_are_counted_each_from_its_next_fire_on() {
    let late = Planned {
        jobs: 2,
        next_run_at: Some(at("07:00:00")),
        ..job("0 * * * *")
    };
    let jobs = [job("0 * * * *"), late, job("30 6 * * *")];

    let load = of(&jobs);

    let told: Vec<_> = load.minutes.iter().map(|(at, jobs)| (*at, *jobs)).collect();
    let wanted = [
        (at("06:00:00"), 1),
        (at("06:30:00"), 1),
        (at("07:00:00"), 3),
        (at("08:00:00"), 3),
        (at("09:00:00"), 3),
    ];
    assert_eq!(told, wanted);
    let firing = |minute| load.at(minute).collect::<Vec<_>>();
    assert_eq!(firing(at("06:00:00")), [&jobs[0]]);
    assert_eq!(firing(at("07:00:00")), [&jobs[0], &jobs[1]]);
}

#[test]
fn a_one_time_job_is_there_once_and_only_in_time() {
    let once = |time| Planned {
        cron_expression: None,
        next_run_at: Some(at(time)),
        ..job("")
    };
    let jobs = [once("06:10:00"), once("09:00:01"), once("05:55:00")];

    let load = of(&jobs);

    assert_eq!(load.minutes, BTreeMap::from([(at("06:10:00"), 1)]));
    assert_eq!(load.fires().count(), 1);
}

#[test]
fn schedules_beyond_the_room_are_left_out_and_their_jobs_are_counted() {
    let every_minute = || job("* * * * *");
    let jobs = [job("0 * * * *"), every_minute(), every_minute()];

    let load = Load::of(&jobs, at("05:55:00"), at("09:00:00"), 100);

    assert_eq!((load.minutes.len(), load.left_out), (4, 2));
    assert_eq!(of(&jobs).left_out, 0);
}

#[test]
fn ten_thousand_jobs_are_asked_by_their_schedules() {
    let jobs: Vec<_> = (0..10_000)
        .map(|n| job(&format!("{} {} * * *", n % 60, n % 24)))
        .collect();
    let until = at("05:55:00") + TimeDelta::days(7);

    let load = Load::of(&jobs, at("05:55:00"), until, 1_000);

    assert_eq!(load.left_out, 0, "120 schedules fire 840 times a week");
    assert_eq!(load.minutes.values().sum::<usize>(), 70_000);
}
