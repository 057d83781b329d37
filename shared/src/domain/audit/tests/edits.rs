use serde_json::json;

use super::*;

#[test]
fn an_edit_past_the_log_is_checked_from_its_first_verdict_on() {
    let job = with_log(every_hour(), 2, &[]);
    let mut attempts = all_but(&["07:00", "08:00", "10:00"]);
    attempts[0].scheduled_for = at("06:17");
    for attempt in attempts.iter_mut().skip(1) {
        attempt.job_revision = 2;
    }

    let tally = tally(&job, &attempts, at("11:30"));

    assert_eq!(
        (tally.expected, tally.unchecked, tally.lost),
        (4, 1, 1),
        "06:17 by the old schedule; of the new one 10:00 is missing, and 07:00 is not its"
    );
    let unknown = Unknown {
        job_id: job.id,
        before: at("09:00"),
    };
    assert_eq!((tally.unknown, tally.unknown_first), (1, vec![unknown]));
}

#[test]
fn an_edit_past_the_log_without_a_verdict_is_checked_from_its_watermark_on() {
    let job = AuditedJob {
        next_run_at: Some(at("09:00")),
        ..with_log(every_hour(), 2, &[])
    };

    let tally = tally(&job, &[], at("11:30"));

    assert_eq!(tally.lost, 3);
    assert_eq!(tally.unknown_first[0].before, at("09:00"));
}

#[test]
fn each_schedule_is_expected_in_its_own_time() {
    let edits = [
        logged(3, "10:00", "cron_expression", json!("30 * * * *")),
        logged(2, "08:00", "cron_expression", json!("15 * * * *")),
    ];
    let job = with_log(every_hour(), 3, &edits);

    let tally = tally(&job, &[], at("11:30"));

    let lost: Vec<_> = tally.lost_first.iter().map(|it| it.scheduled_for).collect();
    let named = ["06:15", "07:15", "08:30", "09:30", "11:00"];
    assert_eq!(lost, named.map(at), "10:00 is due by no schedule");
    assert_eq!((tally.unchecked, tally.unknown), (0, 0));
}

#[test]
fn a_fire_at_the_moment_of_an_edit_is_expected_by_the_old_schedule() {
    let edit = [logged(2, "08:00", "cron_expression", json!("0 8,9 * * *"))];
    let job = with_log(
        Firing {
            cron_expression: Some("30 9 * * *".to_owned()),
            ..every_hour()
        },
        2,
        &edit,
    );

    let tally = tally(&job, &[], at("11:30"));

    let lost: Vec<_> = tally.lost_first.iter().map(|it| it.scheduled_for).collect();
    assert_eq!(lost, [at("08:00"), at("09:30")]);
}

#[test]
fn a_pause_changes_nothing_and_an_archived_job_is_expected_until_then() {
    let log = [
        logged(3, "09:30", "status", json!("paused")),
        logged(2, "07:30", "status", json!("active")),
    ];
    let archived = Firing {
        status: JobStatus::Archived,
        ..every_hour()
    };
    let job = AuditedJob {
        next_run_at: None,
        ..with_log(archived, 3, &log)
    };

    let tally = tally(&job, &all_but(&["08:00", "10:00", "11:00"]), at("11:30"));

    assert_eq!((tally.expected, tally.lost), (4, 1), "08:00, in the pause");
}

#[test]
fn an_era_known_by_the_change_before_the_window_is_checked_from_its_start() {
    let log = [logged(2, "05:00", "cron_expression", json!("15 * * * *"))];
    let job = with_log(every_hour(), 2, &log);

    let tally = tally(&job, &[], at("11:30"));

    assert_eq!((tally.lost, tally.unknown), (6, 0));
}

#[test]
fn a_one_time_job_that_was_moved_is_expected_where_it_was_due() {
    let once = |time| Firing {
        cron_expression: None,
        scheduled_at: Some(at(time)),
        ..every_hour()
    };
    let moved = |when| {
        let old = json!("2026-11-20T08:00:00+00:00");
        let log = [logged(2, when, "scheduled_at", old)];
        AuditedJob {
            next_run_at: Some(at("13:00")),
            ..with_log(once("13:00"), 2, &log)
        }
    };

    let before_it_was_due = tally(&moved("07:00"), &[], at("11:30"));
    let after = tally(&moved("08:30"), &[], at("11:30"));

    assert_eq!((before_it_was_due.expected, after.lost), (0, 1));
}
