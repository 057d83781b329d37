//! E: time.

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};
use sqlx::PgPool;

use super::tools::Api;
use crate::world::{World, at};

/// Where the old system's people were.
const ZONE: &str = "America/Los_Angeles";

fn schedule(cron: &str) -> Schedule {
    Schedule::parse(cron, ZONE, GapPolicy::Shift, RepeatPolicy::First).unwrap()
}

/// The first fire time after a Monday at five in the morning, Los Angeles.
fn next(cron: &str) -> DateTime<Utc> {
    schedule(cron)
        .next_after(at("2026-02-16T13:00:00Z"))
        .unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m48_a_time_is_never_shown_without_its_offset(pool: PgPool) {
    let world = World::new(pool).await;
    let api = Api::new(&world);
    let body = json!({"job_type": "asset_download", "brand_id": world.brand,
        "cron_expression": "38 21 * * *", "timezone": ZONE});

    let job = api.post("/api/jobs", None, &body).await.body;

    assert_eq!(job["next_run_at"], "2026-11-21T05:38:00Z", "{job}");
    assert_eq!(
        job["next_run_at_local"], "2026-11-20T21:38:00-08:00",
        "{job}"
    );
}

#[test]
fn m49_the_chosen_minute_and_day_are_those_that_count() {
    assert_eq!(next("30 6 * * *"), at("2026-02-16T14:30:00Z"));
    assert_eq!(next("0 6 15 * *"), at("2026-03-15T13:00:00Z"));
}

#[test]
fn m50_a_weekday_is_the_same_day_everywhere() {
    let monday = schedule("0 6 * * 1");
    assert_eq!(
        next("0 6 * * 1"),
        at("2026-02-16T14:00:00Z"),
        "that very Monday"
    );
    assert!(
        monday.sentence().contains("Monday"),
        "{}",
        monday.sentence()
    );
    let rule = monday.rule_expression(at("2026-02-16T13:00:00Z"));
    assert!(rule.contains("MON"), "{rule}");
    assert_eq!(next("0 6 * * 7"), next("0 6 * * 0"), "Sunday");
    assert_eq!(next("0 6 * * 7"), at("2026-02-22T14:00:00Z"));
}

#[test]
fn m51_the_offset_is_that_of_the_day_itself() {
    let saturday_noon = at("2026-03-07T20:00:00Z");
    let next = schedule("0 6 * * *").next_after(saturday_noon);
    assert_eq!(
        next,
        Some(at("2026-03-08T13:00:00Z")),
        "six by the summer's clock"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m52_a_zone_is_called_by_its_name_all_year(pool: PgPool) {
    let world = World::new(pool).await;
    let api = Api::new(&world);
    let body = json!({"job_type": "asset_download", "brand_id": world.brand,
        "cron_expression": "0 6 * * *", "timezone": ZONE});

    let job = api.post("/api/jobs", None, &body).await.body;

    assert_eq!(job["timezone"], ZONE);
    assert!(job["sentence"].as_str().unwrap().contains(ZONE), "{job}");
    assert!(!job.to_string().contains("PST"), "{job}");
}

#[test]
fn m53_days_that_not_every_month_has_come_in_the_next_month_that_has_them() {
    assert_eq!(next("0 6 31 * *"), at("2026-03-31T13:00:00Z"));
    assert_eq!(next("0 6 29 2 *"), at("2028-02-29T14:00:00Z"));
    assert_eq!(next("0 6 L * *"), at("2026-02-28T14:00:00Z"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m54_no_column_holds_a_time_without_its_zone(pool: PgPool) {
    let naive: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name from information_schema.columns
          where table_schema = 'public' and data_type in ('timestamp without time zone', 'time without time zone')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(naive.is_empty(), "{naive:?}");

    let world = World::new(pool).await;
    let body = json!({"job_type": "asset_download", "brand_id": world.brand,
        "schedule_type": "one_time", "scheduled_at": "2026-12-01T09:00:00"});
    let answer = Api::new(&world).post("/api/jobs", None, &body).await;
    assert_eq!(answer.status, 422, "{:?}", answer.body);
}
