use serde_json::Value;

use super::*;
use crate::domain::{
    JobStatus,
    past::{Firing, Logged, eras},
    schedule::{GapPolicy, Period, RepeatPolicy},
};

mod edits;

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-20T{text}:00Z").parse().unwrap()
}

/// Six to noon.
fn morning() -> Window {
    Window {
        since: at("06:00"),
        until: at("12:00"),
    }
}

fn every_hour() -> Firing {
    Firing {
        status: JobStatus::Active,
        cron_expression: Some("0 * * * *".to_owned()),
        scheduled_at: None,
        timezone: "UTC".to_owned(),
        dst_gap_policy: GapPolicy::Shift,
        dst_repeat_policy: RepeatPolicy::First,
        period: Period::default(),
    }
}

/// An hourly job that was never edited, looked at when its noon is next.
fn hourly() -> AuditedJob {
    with_log(every_hour(), 1, &[])
}

/// The same, as it is at `revision` after the changes in `log`, newest first.
fn with_log(firing: Firing, revision: i32, log: &[Logged]) -> AuditedJob {
    AuditedJob {
        id: JobId::new(),
        eras: eras(firing, revision, log, morning().since),
        next_run_at: Some(at("12:00")),
        created_at: at("00:30"),
        revision_before: Some(1),
    }
}

fn logged(revision: i32, time: &str, field: &str, old: Value) -> Logged {
    Logged {
        revision,
        changed_at: at(time),
        field: field.to_owned(),
        old_value: Some(old),
    }
}

fn attempt(time: &str, status: RunStatus) -> Attempt {
    Attempt {
        scheduled_for: at(time),
        attempt_number: 1,
        job_revision: 1,
        status,
        reason: None,
        started_at: None,
        is_retried: false,
        duplicates: 0,
    }
}

/// Rows of every hour of the morning but those in `without`.
fn all_but(without: &[&str]) -> Vec<Attempt> {
    ["06:00", "07:00", "08:00", "09:00", "10:00", "11:00"]
        .iter()
        .filter(|time| !without.contains(time))
        .map(|time| attempt(time, RunStatus::Completed))
        .collect()
}

fn tally(job: &AuditedJob, attempts: &[Attempt], now: DateTime<Utc>) -> Tally {
    let mut tally = Tally::default();
    tally.count(job, attempts, morning(), now);
    tally
}

#[test]
fn a_fire_time_without_a_row_is_lost_and_named() {
    let job = hourly();
    let tally = tally(&job, &all_but(&["08:00"]), at("11:30"));

    assert_eq!((tally.expected, tally.completed, tally.lost), (6, 5, 1));
    let lost = Lost {
        job_id: job.id,
        scheduled_for: at("08:00"),
    };
    assert_eq!(tally.lost_first, [lost]);
    assert_eq!(tally.completed_basis_points(), Some(8_333));
}

#[test]
fn the_ends_of_the_window_count_once() {
    let first_is_lost = tally(&hourly(), &all_but(&["06:00"]), at("13:00"));
    assert_eq!((first_is_lost.expected, first_is_lost.lost), (6, 1));

    let until_is_outside = tally(&hourly(), &all_but(&[]), at("13:00"));
    assert_eq!((until_is_outside.expected, until_is_outside.lost), (6, 0));
}

#[test]
fn a_due_fire_time_awaits_its_verdict_for_five_minutes() {
    let job = AuditedJob {
        next_run_at: Some(at("11:00")),
        ..hourly()
    };
    let attempts = all_but(&["11:00"]);

    let soon = tally(&job, &attempts, at("11:05"));
    assert_eq!((soon.awaiting, soon.lost), (1, 0));
    let late = tally(&job, &attempts, at("11:06"));
    assert_eq!((late.awaiting, late.lost), (0, 1));
    let not_due = tally(&job, &attempts, at("10:59"));
    assert_eq!((not_due.expected, not_due.awaiting), (5, 0));
}

#[test]
fn a_fire_time_behind_the_watermark_awaits_nothing() {
    let tally = tally(&hourly(), &all_but(&["11:00"]), at("11:01"));

    assert_eq!((tally.awaiting, tally.lost), (0, 1));
}

#[test]
fn a_new_job_is_checked_from_its_creation_on() {
    let job = AuditedJob {
        created_at: at("08:00"),
        revision_before: None,
        ..hourly()
    };

    let tally = tally(&job, &[], at("11:30"));

    assert_eq!(tally.lost, 3, "09:00, 10:00 and 11:00");
}

#[test]
fn an_ended_schedule_names_nothing_after_its_last_verdict() {
    let ended = Firing {
        status: JobStatus::Completed,
        ..every_hour()
    };
    let job = AuditedJob {
        next_run_at: None,
        ..with_log(ended, 1, &[])
    };

    let tally = tally(&job, &all_but(&["07:00", "10:00", "11:00"]), at("11:30"));

    assert_eq!((tally.expected, tally.lost), (4, 1), "07:00 only");
}

#[test]
fn a_one_time_job_is_expected_at_its_time() {
    let once = |status| Firing {
        status,
        cron_expression: None,
        scheduled_at: Some(at("08:00")),
        ..every_hour()
    };
    let job = |status, next_run_at| AuditedJob {
        next_run_at,
        ..with_log(once(status), 1, &[])
    };
    let active = job(JobStatus::Active, Some(at("08:00")));
    let paused = job(JobStatus::Paused, Some(at("08:00")));
    let claimed = job(JobStatus::Active, None);

    assert_eq!(tally(&active, &[], at("09:00")).lost, 1);
    assert_eq!(tally(&paused, &[], at("09:00")).awaiting, 1);
    assert_eq!(tally(&active, &[], at("07:59")).expected, 0);
    let row = [attempt("08:00", RunStatus::Running)];
    assert_eq!(tally(&claimed, &row, at("09:00")).running, 1);
}

#[test]
fn a_fire_time_is_what_its_last_attempt_is() {
    let failed = |time, is_retried| Attempt {
        is_retried,
        ..attempt(time, RunStatus::Failed)
    };
    let second = |time, status| Attempt {
        attempt_number: 2,
        ..attempt(time, status)
    };
    let skipped = |time, reason: &str| Attempt {
        reason: Some(reason.to_owned()),
        ..attempt(time, RunStatus::Skipped)
    };
    let attempts = [
        failed("06:00", true),
        second("06:00", RunStatus::Completed),
        failed("07:00", false),
        failed("08:00", true),
        second("08:00", RunStatus::Pending),
        skipped("09:00", "overlap"),
        skipped("10:00", "paused"),
        attempt("11:00", RunStatus::Cancelled),
    ];

    let tally = tally(&hourly(), &attempts, at("11:30"));

    assert_eq!((tally.expected, tally.lost), (6, 0));
    assert_eq!((tally.completed, tally.completed_by_retry), (1, 1));
    assert_eq!((tally.dead_letters, tally.retrying), (1, 1));
    assert_eq!((tally.cancelled, tally.pending), (1, 0));
    let skipped: Vec<_> = tally.skipped.iter().collect();
    assert_eq!(
        skipped,
        [(&"overlap".to_owned(), &1), (&"paused".to_owned(), &1)]
    );
    assert_eq!(
        tally.decided(),
        3,
        "completed, dead, and skipped by overlap"
    );
}

#[test]
fn duplicates_of_every_attempt_count_and_expect_nothing() {
    let doubled = |attempt_number, duplicates| Attempt {
        attempt_number,
        duplicates,
        ..attempt("06:00", RunStatus::Failed)
    };

    let tally = tally(&hourly(), &[doubled(1, 3), doubled(2, 1)], at("06:30"));

    assert_eq!((tally.expected, tally.duplicates_suppressed), (1, 4));
}

#[test]
fn lateness_is_that_of_first_attempts_by_nearest_rank() {
    let started = |time: &str, seconds, attempt_number| Attempt {
        started_at: Some(at(time) + TimeDelta::seconds(seconds)),
        attempt_number,
        ..attempt(time, RunStatus::Completed)
    };
    let attempts = [
        started("06:00", 1, 1),
        started("06:00", 900, 2),
        started("07:00", 3, 1),
        started("08:00", -1, 1),
    ];

    let tally = tally(&hourly(), &attempts, at("08:30"));

    assert_eq!(tally.lateness_percentile(50), Some(1_000));
    assert_eq!(tally.lateness_percentile(99), Some(3_000));
    assert_eq!(Tally::default().lateness_percentile(99), None);
}
