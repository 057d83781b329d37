//! What happens to a row happens to its rule, and nothing else does.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    site::Site,
    tools::{eventually, text},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_becomes_of_a_job_becomes_of_its_rule_within_seconds(db: PgPool) {
    let site = Site::start(db).await;
    let job = site.create_job("15 6 * * *").await;
    let id = text(&job, "id").to_owned();
    let path = format!("/api/jobs/{id}");
    let is_at =
        |expression: &'static str| move |rule: &Value| rule["ScheduleExpression"] == expression;
    let is = |state: &'static str| move |rule: &Value| rule["State"] == state;

    // It is there before it has a target, and does not fire until then.
    let is_complete = |rule: &Value| is_at("cron(15 6 * * ? *)")(rule) && is("ENABLED")(rule);
    let rule = site.rule(&id, "a rule that fires", is_complete).await;

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
