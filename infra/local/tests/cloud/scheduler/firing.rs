//! Firing, by a clock the tests move.

use aws_sdk_scheduler::types::{ScheduleState, Target};
use serde_json::{Value, json};

use super::world::{World, date, target};

#[tokio::test]
async fn an_input_is_filled_in_with_the_occasion() {
    let mut world = World::listening().await;
    let input = json!({
        "time": "<aws.scheduler.scheduled-time>",
        "arn": "<aws.scheduler.schedule-arn>",
        "id": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>",
        "constant": "<aws.scheduler.other>",
    });
    let given = target().input(input.to_string()).build().unwrap();
    world
        .create("r", "cron(0/5 * * * ? *)")
        .target(given)
        .send()
        .await
        .unwrap();

    world.set("2026-11-20T10:35:00.002Z");
    let mut first = world.heard().await;
    world.set("2026-11-20T10:40:00Z");
    let second = world.heard().await;

    assert_ne!(
        first["id"], second["id"],
        "each execution has an id of its own"
    );
    let id = first.as_object_mut().unwrap().remove("id").unwrap();
    let id = id.as_str().unwrap();
    assert!(
        id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{id}"
    );
    let expected = json!({
        "time": "2026-11-20T10:35:00Z",
        "arn": "arn:aws:scheduler:eu-central-1:000000000000:schedule/sundial/r",
        "attempt": "1",
        "constant": "<aws.scheduler.other>",
    });
    assert_eq!(first, expected);
}

#[tokio::test]
async fn without_an_input_a_function_is_given_an_empty_object() {
    let mut world = World::listening().await;
    let given = target().set_input(None).build().unwrap();
    world
        .create("r", "cron(* * * * ? *)")
        .target(given)
        .send()
        .await
        .unwrap();

    world.set("2026-11-20T10:35:00Z");
    assert_eq!(world.heard().await, json!({}));
}

#[tokio::test]
async fn a_rate_begins_at_once_and_keeps_its_phase() {
    let mut world = World::listening().await;
    world.create("r", "rate(7 minutes)").send().await.unwrap();
    assert_eq!(world.heard().await, "2026-11-20T10:34:30Z");

    for time in ["10:41:30Z", "10:48:30Z", "10:55:30Z"] {
        let time = format!("2026-11-20T{time}");
        world.set(&time.replace("30Z", "29.999Z"));
        world.heard_nothing().await;
        world.set(&time);
        assert_eq!(world.heard().await, time);
    }

    let update = world.update("r", "rate(7 minutes)").description("other");
    update.send().await.unwrap();
    world.heard_nothing().await;
    world.set("2026-11-20T11:02:30Z");
    assert_eq!(
        world.heard().await,
        "2026-11-20T11:02:30Z",
        "an update of something else keeps the phase"
    );
}

#[tokio::test]
async fn a_rate_counts_from_its_start() {
    let mut world = World::listening().await;
    let create = world
        .create("r", "rate(1 hour)")
        .start_date(date("2026-11-20T12:15:00Z"));
    create.send().await.unwrap();

    for (time, is_fire) in [
        ("10:35:30Z", false),
        ("11:34:30Z", false),
        ("12:15:00Z", true),
        ("12:34:30Z", false),
        ("13:15:00Z", true),
    ] {
        let time = format!("2026-11-20T{time}");
        world.set(&time);
        match is_fire {
            true => assert_eq!(world.heard().await, time),
            false => world.heard_nothing().await,
        }
    }
}

#[tokio::test]
async fn what_recurs_fires_from_its_start_to_its_end() {
    let mut world = World::listening().await;
    let create = world
        .create("r", "cron(* * * * ? *)")
        .start_date(date("2026-11-20T10:36:00Z"));
    create
        .end_date(date("2026-11-20T10:37:00Z"))
        .send()
        .await
        .unwrap();

    world.set("2026-11-20T10:35:00Z");
    world.heard_nothing().await;
    for time in ["2026-11-20T10:36:00Z", "2026-11-20T10:37:00Z"] {
        world.set(time);
        assert_eq!(world.heard().await, time);
    }
    world.set("2026-11-20T10:38:00Z");
    world.heard_nothing().await;
}

#[tokio::test]
async fn start_and_end_mean_nothing_to_what_runs_once() {
    let mut world = World::listening().await;
    let late = world
        .create("late", "at(2026-11-20T10:35:00)")
        .start_date(date("2027-01-01T00:00:00Z"));
    late.send().await.unwrap();
    let early = world
        .create("early", "at(2026-11-20T10:36:00)")
        .end_date(date("2026-11-20T10:35:00Z"));
    early.send().await.unwrap();

    for time in ["2026-11-20T10:35:00Z", "2026-11-20T10:36:00Z"] {
        world.set(time);
        assert_eq!(world.heard().await, time);
    }
}

#[tokio::test]
async fn a_disabled_schedule_is_silent_and_an_enabled_one_does_not_make_up_for_it() {
    let mut world = World::listening().await;
    let create = world
        .create("r", "cron(* * * * ? *)")
        .state(ScheduleState::Disabled);
    create.send().await.unwrap();

    world.set("2026-11-20T10:35:00Z");
    world.heard_nothing().await;
    world.set("2026-11-20T10:40:30Z");
    world.update("r", "cron(* * * * ? *)").send().await.unwrap();
    world.heard_nothing().await;
    world.set("2026-11-20T10:41:00Z");
    assert_eq!(world.heard().await, "2026-11-20T10:41:00Z");

    let update = world
        .update("r", "cron(* * * * ? *)")
        .state(ScheduleState::Disabled);
    update.send().await.unwrap();
    world.set("2026-11-20T10:42:00Z");
    world.heard_nothing().await;
}

#[tokio::test]
async fn a_changed_or_deleted_schedule_no_longer_fires() {
    let mut world = World::listening().await;
    world
        .create("r", "cron(35 10 * * ? *)")
        .send()
        .await
        .unwrap();
    world
        .update("r", "cron(36 10 * * ? *)")
        .send()
        .await
        .unwrap();

    world.set("2026-11-20T10:35:00Z");
    world.heard_nothing().await;
    world.set("2026-11-20T10:36:00Z");
    assert_eq!(world.heard().await, "2026-11-20T10:36:00Z");

    let delete = world.sdk.delete_schedule().name("r").group_name("sundial");
    delete.send().await.unwrap();
    world.set("2026-11-21T10:36:00Z");
    world.heard_nothing().await;
}

#[tokio::test]
async fn after_a_pause_a_schedule_fires_once() {
    let mut world = World::listening().await;
    world.create("r", "cron(* * * * ? *)").send().await.unwrap();

    world.set("2026-11-20T13:00:30Z");
    assert_eq!(world.heard().await, "2026-11-20T10:35:00Z");
    world.heard_nothing().await;
    world.set("2026-11-20T13:01:00Z");
    assert_eq!(world.heard().await, "2026-11-20T13:01:00Z");
}

#[tokio::test]
async fn an_update_in_the_minute_that_is_due_does_not_swallow_the_event() {
    let mut world = World::listening().await;
    world.create("r", "cron(* * * * ? *)").send().await.unwrap();
    // Nobody fires while the firing task is stopped.
    world.stop().await;
    world.set("2026-11-20T10:35:00.001Z");
    world.update("r", "cron(* * * * ? *)").send().await.unwrap();

    world.run();
    assert_eq!(world.heard().await, "2026-11-20T10:35:00Z");
}

#[tokio::test]
async fn what_cannot_be_delivered_does_not_stop_the_others() {
    let mut world = World::listening().await;
    for (name, arn) in [
        ("a-queue", "arn:aws:sqs:eu-central-1:000000000000:queue"),
        (
            "a-universal-target",
            "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        ),
        (
            "a-stranger",
            "arn:aws:lambda:eu-central-1:000000000000:function:stranger",
        ),
    ] {
        let elsewhere: Target = target().arn(arn).build().unwrap();
        world
            .create(name, "cron(* * * * ? *)")
            .target(elsewhere)
            .send()
            .await
            .unwrap();
    }
    world.create("r", "cron(* * * * ? *)").send().await.unwrap();

    world.set("2026-11-20T10:35:00Z");
    let heard: Value = world.heard().await;
    assert_eq!(heard, "2026-11-20T10:35:00Z");
    world.heard_nothing().await;
}
