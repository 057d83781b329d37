//! Firing: schedules by a clock the tests move, and events as they come.

use aws_sdk_eventbridge::types::{InputTransformer, PutEventsRequestEntry, RuleState, Target};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::world::{World, function, moment};

impl World {
    async fn aim(
        &self,
        rule: &str,
        bus: &str,
        target: aws_sdk_eventbridge::types::builders::TargetBuilder,
    ) {
        let target = target.arn(self.arn()).build().unwrap();
        self.sdk
            .put_targets()
            .rule(rule)
            .event_bus_name(bus)
            .targets(target)
            .send()
            .await
            .unwrap();
    }

    async fn send(&self, detail: Value) {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name("sundial")
            .source("sundial.dispatcher");
        let entry = entry
            .detail_type("RunRequested")
            .detail(detail.to_string())
            .build();
        let answer = self.sdk.put_events().entries(entry).send().await.unwrap();
        assert_eq!(answer.failed_entry_count(), 0);
    }

    fn at(&self, time: &str) {
        self.clock.set(moment(&format!("2026-11-20T{time}Z")));
    }
}

fn to(id: &str) -> aws_sdk_eventbridge::types::builders::TargetBuilder {
    Target::builder().id(id)
}

#[tokio::test]
async fn a_cron_rule_fires_at_its_minute_with_the_nominal_time() {
    let mut world = World::listening().await;
    world.schedule("minutely", "cron(* * * * ? *)").await;
    world.aim("minutely", "default", to("f")).await;

    world.at("10:34:59.999");
    world.heard_nothing().await;

    world.at("10:35:00.004");
    let event = world.heard().await;
    assert_eq!(event["time"], "2026-11-20T10:35:00Z");
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["detail"], json!({}));
    assert_eq!(
        event["resources"],
        json!(["arn:aws:events:eu-central-1:000000000000:rule/minutely"])
    );

    world.at("10:35:59");
    world.heard_nothing().await;
    world.at("10:36:00");
    assert_eq!(world.heard().await["time"], "2026-11-20T10:36:00Z");
}

#[tokio::test]
async fn only_the_rules_that_are_due_fire() {
    let mut world = World::listening().await;
    for (rule, expression) in [
        ("first", "cron(35 * * * ? *)"),
        ("second", "cron(36 * * * ? *)"),
    ] {
        world.schedule(rule, expression).await;
        let name = InputTransformer::builder().input_template("<aws.events.rule-name>");
        world
            .aim(
                rule,
                "default",
                to("f").input_transformer(name.build().unwrap()),
            )
            .await;
    }

    world.at("10:35:00");
    assert_eq!(world.heard().await, "first");
    world.heard_nothing().await;
    world.at("10:36:00");
    assert_eq!(world.heard().await, "second");
    world.heard_nothing().await;
}

#[tokio::test]
async fn a_rate_fires_one_period_after_it_was_put_and_then_every_period() {
    let mut world = World::listening().await;
    world.schedule("often", "rate(7 minutes)").await;
    world.aim("often", "default", to("f")).await;

    for time in ["10:41:30", "10:48:30", "10:55:30", "11:02:30"] {
        let now = moment(&format!("2026-11-20T{time}Z"));
        world.clock.set(now - TimeDelta::milliseconds(1));
        world.heard_nothing().await;
        world.clock.set(now);
        assert_eq!(world.heard().await["time"], format!("2026-11-20T{time}Z"));
    }
}

#[tokio::test]
async fn a_disabled_rule_is_silent_and_an_enabled_one_does_not_make_up_for_it() {
    let mut world = World::listening().await;
    world.schedule("minutely", "cron(* * * * ? *)").await;
    world.aim("minutely", "default", to("f")).await;
    world
        .sdk
        .disable_rule()
        .name("minutely")
        .send()
        .await
        .unwrap();

    world.at("10:35:00");
    world.heard_nothing().await;
    world.at("10:40:30");
    world
        .sdk
        .enable_rule()
        .name("minutely")
        .send()
        .await
        .unwrap();
    world.heard_nothing().await;
    world.at("10:41:00");
    assert_eq!(world.heard().await["time"], "2026-11-20T10:41:00Z");
}

#[tokio::test]
async fn a_deleted_or_replaced_schedule_no_longer_fires() {
    let mut world = World::listening().await;
    world.schedule("r", "cron(35 10 * * ? *)").await;
    world.aim("r", "default", to("f")).await;
    world.schedule("r", "cron(36 10 * * ? *)").await;

    world.at("10:35:00");
    world.heard_nothing().await;
    world.at("10:36:00");
    assert_eq!(world.heard().await["time"], "2026-11-20T10:36:00Z");
}

#[tokio::test]
async fn after_a_pause_a_rule_fires_once() {
    let mut world = World::listening().await;
    world.schedule("minutely", "cron(* * * * ? *)").await;
    world.aim("minutely", "default", to("f")).await;

    world.at("13:00:30");
    assert_eq!(world.heard().await["time"], "2026-11-20T10:35:00Z");
    world.heard_nothing().await;
    world.at("13:01:00");
    assert_eq!(world.heard().await["time"], "2026-11-20T13:01:00Z");
}

#[tokio::test]
async fn a_tick_carries_the_jobs_id_and_its_nominal_time_through_the_transformer() {
    let mut world = World::listening().await;
    world.schedule("job-7", "cron(0/5 * * * ? *)").await;
    let transformer = InputTransformer::builder()
        .input_paths_map("time", "$.time")
        .input_template(
            r#"{"kind":"tick","job_id":"7","time":<time>,"rule":<aws.events.rule-name>}"#,
        );
    world
        .aim(
            "job-7",
            "default",
            to("f").input_transformer(transformer.build().unwrap()),
        )
        .await;

    world.at("10:35:00.002");

    let expected =
        json!({ "kind": "tick", "job_id": "7", "time": "2026-11-20T10:35:00Z", "rule": "job-7" });
    assert_eq!(world.heard().await, expected);
}

#[tokio::test]
async fn an_event_reaches_the_rules_that_want_it_and_no_other() {
    let mut world = World::listening().await;
    for (rule, job_type) in [("run-asset", "asset_download"), ("run-sync", "meta_sync")] {
        let pattern =
            json!({ "detail-type": ["RunRequested"], "detail": { "job_type": [job_type] } });
        let put = world
            .sdk
            .put_rule()
            .name(rule)
            .event_bus_name("sundial")
            .event_pattern(pattern.to_string());
        put.send().await.unwrap();
        world.aim(rule, "sundial", to("f")).await;
    }

    world
        .send(json!({ "job_type": "asset_download", "run_id": 1 }))
        .await;
    let event = world.heard().await;
    assert_eq!(event["detail"]["run_id"], 1);
    assert_eq!(event["account"], "000000000000");
    assert_eq!(event["time"], "2026-11-20T10:34:30Z");
    world.heard_nothing().await;

    let disable = world
        .sdk
        .disable_rule()
        .name("run-asset")
        .event_bus_name("sundial");
    disable.send().await.unwrap();
    world
        .send(json!({ "job_type": "asset_download", "run_id": 2 }))
        .await;
    world.heard_nothing().await;
}

#[tokio::test]
async fn each_target_gets_what_it_asked_for() {
    let mut world = World::listening().await;
    let put = world.sdk.put_rule().name("r").event_bus_name("sundial");
    put.event_pattern(r#"{"source":[{"prefix":"sundial."}]}"#)
        .state(RuleState::Enabled)
        .send()
        .await
        .unwrap();
    world
        .aim("r", "sundial", to("1").input(r#"{"constant":true}"#))
        .await;
    world
        .aim("r", "sundial", to("2").input_path("$.detail.run_id"))
        .await;
    let whole = InputTransformer::builder().input_template(r#"{"event":<aws.events.event.json>}"#);
    world
        .aim(
            "r",
            "sundial",
            to("3").input_transformer(whole.build().unwrap()),
        )
        .await;

    world.send(json!({ "run_id": 5 })).await;

    let mut got = [
        world.heard().await,
        world.heard().await,
        world.heard().await,
    ];
    got.sort_by_key(ToString::to_string);
    let [path, constant, whole] = got;
    assert_eq!(path, 5);
    assert_eq!(constant, json!({ "constant": true }));
    assert_eq!(whole["event"]["detail"], json!({ "run_id": 5 }));
}

#[tokio::test]
async fn putting_a_rule_again_in_the_minute_it_is_due_does_not_swallow_the_event() {
    let mut world = World::with(vec![function("listener", "serves_events")], None).await;
    world.schedule("minutely", "cron(* * * * ? *)").await;
    world.aim("minutely", "default", to("f")).await;
    // Nobody fires while the firing task is stopped; the rule is put again after its minute began.
    world.stop().await;
    world.at("10:35:00.001");
    world.schedule("minutely", "cron(* * * * ? *)").await;
    let bridge = world.bridge.clone();
    let firing = tokio::spawn(async move { bridge.run(std::future::pending()).await });

    assert_eq!(world.heard().await["time"], "2026-11-20T10:35:00Z");
    firing.abort();
}
