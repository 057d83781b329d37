use serde_json::json;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-20T{text}:00Z").parse().unwrap()
}

fn hourly() -> Firing {
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

fn logged(revision: i32, time: &str, field: &str, old: Value) -> Logged {
    Logged {
        revision,
        changed_at: at(time),
        field: field.to_owned(),
        old_value: (field != "job").then_some(old),
    }
}

type Told = (i32, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Revision, beginning and end of each.
fn told(eras: &[Era]) -> Vec<Told> {
    let told = eras.iter().map(|it| (it.revision, it.since, it.until));
    told.collect()
}

#[test]
fn every_change_is_taken_back_field_by_field() {
    let log = [
        logged(3, "09:00", "ends_at", json!(null)),
        logged(3, "09:00", "starts_at", json!("2026-11-20T05:00:00+00:00")),
        logged(3, "09:00", "timezone", json!("Europe/Berlin")),
        logged(2, "08:00", "cron_expression", json!("*/5 * * * *")),
        logged(2, "08:00", "dst_gap_policy", json!("skip")),
        logged(2, "08:00", "dst_repeat_policy", json!("both")),
        logged(2, "08:00", "name", json!("Old name")),
        logged(2, "08:00", "status", json!("paused")),
        logged(1, "07:00", "job", json!(null)),
    ];
    let now = Firing {
        period: Period {
            starts_at: None,
            ends_at: Some(at("23:00")),
        },
        ..hourly()
    };

    let eras = eras(now.clone(), 3, &log, at("06:00"));

    let (seven, eight, nine) = (at("07:00"), at("08:00"), at("09:00"));
    assert_eq!(
        told(&eras),
        [
            (1, Some(seven), Some(eight)),
            (2, Some(eight), Some(nine)),
            (3, Some(nine), None)
        ]
    );
    assert_eq!(eras[2].firing, now);
    let second = Firing {
        timezone: "Europe/Berlin".to_owned(),
        period: Period {
            starts_at: Some(at("05:00")),
            ends_at: None,
        },
        ..hourly()
    };
    assert_eq!(eras[1].firing, second);
    let first = Firing {
        status: JobStatus::Paused,
        cron_expression: Some("*/5 * * * *".to_owned()),
        dst_gap_policy: GapPolicy::Skip,
        dst_repeat_policy: RepeatPolicy::Both,
        ..second
    };
    assert_eq!(eras[0].firing, first);
}

#[test]
fn a_fire_at_the_moment_of_a_change_belongs_to_the_era_before() {
    let log = [logged(2, "08:00", "cron_expression", json!("*/5 * * * *"))];

    let eras = eras(hourly(), 2, &log, at("06:00"));

    let has = |time| -> Vec<_> { eras.iter().map(|it| it.has(at(time))).collect() };
    assert_eq!(has("08:00"), [true, false]);
    assert_eq!(has("08:01"), [false, true]);
}

#[test]
fn a_revision_without_rows_ends_what_is_known() {
    let log = [
        logged(4, "09:00", "status", json!("paused")),
        logged(2, "07:00", "timezone", json!("Europe/Berlin")),
    ];

    let eras = eras(hourly(), 4, &log, at("06:00"));

    let nine = Some(at("09:00"));
    assert_eq!(told(&eras), [(3, None, nine), (4, nine, None)]);
}

#[test]
fn a_value_that_no_column_can_hold_ends_what_is_known() {
    let log = [
        logged(2, "09:00", "dst_gap_policy", json!("guess")),
        logged(1, "07:00", "job", json!(null)),
    ];

    let eras = eras(hourly(), 2, &log, at("06:00"));

    assert_eq!(told(&eras), [(2, Some(at("09:00")), None)]);
}

#[test]
fn the_change_before_the_time_asked_for_tells_when_its_era_began() {
    let log = [
        logged(3, "09:00", "status", json!("paused")),
        logged(2, "05:00", "status", json!("active")),
    ];

    let eras = eras(hourly(), 3, &log, at("06:00"));

    let (five, nine) = (Some(at("05:00")), Some(at("09:00")));
    assert_eq!(told(&eras), [(2, five, nine), (3, nine, None)]);
}
