//! Rows become rules, rules fire, and what happens to a row happens to its rule.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DurationRound, TimeDelta, Timelike};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::site::{Site, eventually, eventually_within, now, text};

/// Less time before the minute, and the rule might come too late for it.
const HEAD_START: TimeDelta = TimeDelta::seconds(5);

/// The longest a start may be late on a busy machine; AWS promises a minute.
const LATE_MAX: TimeDelta = TimeDelta::seconds(5);

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_becomes_a_rule_that_fires_on_the_minute_and_brings_every_file_home(db: PgPool) {
    let site = Site::start(db).await;
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
    let rule = site.rule_of(&job.to_string()).await.unwrap();
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

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_becomes_of_a_job_becomes_of_its_rule_within_seconds(db: PgPool) {
    let site = Site::start(db).await;
    let job = site.create_job("15 6 * * *").await;
    let id = text(&job, "id").to_owned();
    let path = format!("/api/jobs/{id}");
    let is_at =
        |expression: &'static str| move |rule: &Value| rule["ScheduleExpression"] == expression;
    let is = |state: &'static str| move |rule: &Value| rule["State"] == state;

    let rule = site.rule(&id, "a rule", is_at("cron(15 6 * * ? *)")).await;
    assert_eq!(text(&rule, "State"), "ENABLED");

    let edit = json!({"cron_expression": "45 7 * * 1-5"});
    let edited = site.ask(Method::PATCH, &path, Some(edit)).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    let edited = site
        .rule(&id, "the new time", is_at("cron(45 7 ? * MON-FRI *)"))
        .await;
    assert_eq!(text(&edited, "Name"), text(&rule, "Name"), "the same rule");

    let paused = site.post(&format!("{path}/pause"), json!({})).await;
    assert_eq!(paused.status, 200, "{}", paused.body);
    site.rule(&id, "a paused job's rule is off", is("DISABLED"))
        .await;

    let resumed = site.post(&format!("{path}/resume"), json!({})).await;
    assert_eq!(resumed.status, 200, "{}", resumed.body);
    site.rule(&id, "a resumed job's rule is on", is("ENABLED"))
        .await;

    let archived = site.post(&format!("{path}/archive"), json!({})).await;
    assert_eq!(archived.status, 200, "{}", archived.body);
    eventually("an archived job has no rule", async || {
        site.rule_of(&id).await.is_none().then_some(())
    })
    .await;
    site.stop().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_sweep_that_finds_all_as_it_should_be_writes_nothing(db: PgPool) {
    let site = Site::start(db).await;
    for hour in 5..8 {
        let body = json!({"job_type": "asset_download", "brand_id": site.brand,
            "cron_expression": format!("0 {hour} * * *"), "parameters": {"max_videos": hour}});
        let made = site.post("/api/jobs", body).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    eventually("three rules", async || {
        (site.sweep().await["rules"]["unchanged"] == 3).then_some(())
    })
    .await;
    let before = site.stack().bridge().calls();

    let report = site.sweep().await;

    let nothing = json!({"created": 0, "updated": 0, "enabled": 0, "disabled": 0, "deleted": 0,
        "unchanged": 3, "left": 0});
    assert_eq!(report["rules"], nothing);
    let made: BTreeMap<_, _> = site
        .stack()
        .bridge()
        .calls()
        .into_iter()
        .filter(|(name, times)| before.get(name) != Some(times))
        .collect();
    assert!(made.contains_key("ListRules"), "it has looked: {made:?}");
    let writes: Vec<_> = made
        .keys()
        .filter(|name| !name.starts_with("List"))
        .collect();
    assert!(
        writes.is_empty(),
        "a steady state costs list calls only: {writes:?}"
    );
    site.stop().await;
}

fn time(value: &Value, name: &str) -> chrono::DateTime<chrono::Utc> {
    text(value, name).parse().unwrap()
}
