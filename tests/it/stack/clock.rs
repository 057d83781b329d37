//! The cloud's clock, on a real minute: from a row to the objects, without anybody's help.

use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use serde_json::Value;
use shared::config::ClockBackend;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::{
    site::Site,
    tools::{eventually_within, now, text},
};

/// Less time before the minute, and the rule might come too late for it.
const HEAD_START: TimeDelta = TimeDelta::seconds(5);

/// The longest a start may be late on a busy machine; AWS promises a minute.
const LATE_MAX: TimeDelta = TimeDelta::seconds(5);

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_becomes_a_rule_that_fires_on_the_minute_and_brings_every_file_home(db: PgPool) {
    from_row_to_objects(db, ClockBackend::Rules).await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_becomes_a_schedule_that_fires_on_the_minute_and_brings_every_file_home(db: PgPool) {
    from_row_to_objects(db, ClockBackend::Scheduler).await;
}

async fn from_row_to_objects(db: PgPool, clock: ClockBackend) {
    let variable = ("SUNDIAL_CLOCK".to_owned(), clock.to_string());
    let site = Site::start_with(db, |options| options.environment.push(variable)).await;
    site.insert_ads().await;
    let minute = TimeDelta::minutes(1);
    let fire = (now() + HEAD_START).duration_trunc(minute).unwrap() + minute;
    let job = Uuid::new_v4();
    sqlx::query(
        "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type,
                cron_expression, next_run_at, parameters)
         select $2, organization_id, id, 'asset_download', 'Daily media', 'recurring', $3, $4,
                '{\"max_videos\": 100, \"max_images\": 200}' from brands where id = $1",
    )
    .bind(site.brand)
    .bind(job)
    .bind(format!("{} {} * * *", fire.minute(), fire.hour()))
    .bind(fire)
    .execute(&site.db)
    .await
    .unwrap();

    site.sweep().await;
    let rule = match clock {
        ClockBackend::Rules => site.rule_of(&job.to_string()).await,
        ClockBackend::Scheduler => site.schedule_of(&job.to_string()).await,
    };
    let rule = rule.unwrap();
    let expression = format!("cron({} {} * * ? *)", fire.minute(), fire.hour());
    assert_eq!(text(&rule, "ScheduleExpression"), expression);
    let runs = format!("/api/runs?job_id={job}");
    let run = eventually_within(Duration::from_secs(75), "the clock fires", async || {
        Some(site.get(&runs).await["runs"].get(0)?.clone())
    })
    .await;
    let run = site.ended(text(&run, "id")).await;

    assert_eq!(text(&run, "status"), "completed", "{run}");
    assert_eq!(text(&run, "origin"), "tick");
    let late = time(&run, "started_at") - fire;
    assert_eq!(time(&run, "scheduled_for"), fire, "the nominal time");
    assert!(late >= TimeDelta::zero() && late < LATE_MAX, "late: {late}");
    site.assert_all_stored().await;
    let stored = i64::try_from(site.objects().len()).unwrap();
    assert_eq!(run["counts"]["downloaded"], stored, "{}", run["counts"]);
    let fresh = sqlx::query(
        "select last_status, last_success_at >= $2 as fresh, last_run_id::text as run
           from dataset_status where brand_id = $1 and dataset_key = 'ad_assets'",
    )
    .bind(site.brand)
    .bind(fire)
    .fetch_one(&site.db)
    .await
    .unwrap();
    assert_eq!(fresh.get::<&str, _>("last_status"), "completed");
    assert!(fresh.get::<bool, _>("fresh"), "success moves the dataset");
    assert_eq!(fresh.get::<&str, _>("run"), text(&run, "id"));
    let next = time(&site.get(&format!("/api/jobs/{job}")).await, "next_run_at");
    assert_eq!(next, fire + TimeDelta::days(1), "the next one is tomorrow");
    site.stop().await;
}

fn time(value: &Value, name: &str) -> DateTime<Utc> {
    text(value, name).parse().unwrap()
}
