//! Schedules from create to delete.

use std::collections::BTreeSet;

use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode,
    RetryPolicy, ScheduleState,
};

use super::world::{World, date, off, target};
use crate::world::refusal;

#[tokio::test]
async fn a_schedule_is_told_as_it_was_created() {
    let world = World::empty().await;
    let queue = DeadLetterConfig::builder().arn("arn:aws:sqs:eu-central-1:000000000000:dead");
    let policy = RetryPolicy::builder().maximum_event_age_in_seconds(60);
    let given = target().dead_letter_config(queue.build());
    let given = given.retry_policy(policy.maximum_retry_attempts(0).build());
    let given = given.build().unwrap();
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Flexible);
    let window = window.maximum_window_in_minutes(15).build().unwrap();
    let create = world.create("nightly", "cron(0 2 * * ? *)");
    let create = create
        .schedule_expression_timezone("Europe/Berlin")
        .description("hash");
    let create = create
        .start_date(date("2026-12-01T00:00:00.5Z"))
        .end_date(date("2027-01-01T00:00:00Z"));
    let create = create
        .state(ScheduleState::Disabled)
        .flexible_time_window(window.clone());
    let create = create
        .action_after_completion(ActionAfterCompletion::Delete)
        .target(given.clone());
    let created = create.send().await.unwrap();

    let arn = "arn:aws:scheduler:eu-central-1:000000000000:schedule/sundial/nightly";
    assert_eq!(created.schedule_arn(), arn);
    let told = world.get("nightly").await;
    assert_eq!(told.arn(), Some(arn));
    assert_eq!(told.name(), Some("nightly"));
    assert_eq!(told.group_name(), Some("sundial"));
    assert_eq!(told.schedule_expression(), Some("cron(0 2 * * ? *)"));
    assert_eq!(told.schedule_expression_timezone(), Some("Europe/Berlin"));
    assert_eq!(told.description(), Some("hash"));
    assert_eq!(told.start_date(), Some(&date("2026-12-01T00:00:00.5Z")));
    assert_eq!(told.end_date(), Some(&date("2027-01-01T00:00:00Z")));
    assert_eq!(told.state(), Some(&ScheduleState::Disabled));
    assert_eq!(told.flexible_time_window(), Some(&window));
    assert_eq!(
        told.action_after_completion(),
        Some(&ActionAfterCompletion::Delete)
    );
    assert_eq!(told.target(), Some(&given));
    assert_eq!(told.creation_date(), Some(&date("2026-11-20T10:34:30Z")));
    assert_eq!(told.last_modification_date(), told.creation_date());
}

#[tokio::test]
async fn what_is_not_given_gets_the_defaults_of_aws() {
    let world = World::empty().await;
    let create = world.create("r", "rate(1 day)").set_group_name(None);
    create.send().await.unwrap();

    let told = world.sdk.get_schedule().name("r").send().await.unwrap();
    assert_eq!(told.group_name(), Some("default"));
    assert_eq!(told.schedule_expression_timezone(), Some("UTC"));
    assert_eq!(told.state(), Some(&ScheduleState::Enabled));
    assert_eq!(
        told.action_after_completion(),
        Some(&ActionAfterCompletion::None)
    );
    assert_eq!(told.description(), None);
    assert_eq!((told.start_date(), told.end_date()), (None, None));
    let policy = RetryPolicy::builder().maximum_event_age_in_seconds(86_400);
    let policy = policy.maximum_retry_attempts(185).build();
    assert_eq!(told.target().unwrap().retry_policy(), Some(&policy));
}

#[tokio::test]
async fn an_update_replaces_all_but_the_date_of_creation() {
    let world = World::empty().await;
    let create = world.create("r", "rate(1 day)").description("old");
    let create = create
        .schedule_expression_timezone("Asia/Tokyo")
        .state(ScheduleState::Disabled);
    create.send().await.unwrap();

    world.set("2026-11-20T11:00:00Z");
    let other = target().input("{}").build().unwrap();
    let update = world.update("r", "cron(0 2 * * ? *)").target(other);
    let updated = update.send().await.unwrap();

    let told = world.get("r").await;
    assert_eq!(Some(updated.schedule_arn()), told.arn());
    assert_eq!(told.schedule_expression(), Some("cron(0 2 * * ? *)"));
    assert_eq!(told.target().unwrap().input(), Some("{}"));
    assert_eq!(told.description(), None);
    assert_eq!(told.schedule_expression_timezone(), Some("UTC"));
    assert_eq!(told.state(), Some(&ScheduleState::Enabled));
    assert_eq!(told.creation_date(), Some(&date("2026-11-20T10:34:30Z")));
    assert_eq!(
        told.last_modification_date(),
        Some(&date("2026-11-20T11:00:00Z"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::empty().await;
    let sdk = &world.sdk;
    world.create("r", "rate(1 day)").send().await.unwrap();
    sdk.delete_schedule()
        .name("r")
        .group_name("sundial")
        .send()
        .await
        .unwrap();

    assert!(!world.is_there("r").await);
    let said = "Schedule r does not exist.";
    let missing = ("ResourceNotFoundException".to_owned(), said.to_owned());
    let again = sdk
        .delete_schedule()
        .name("r")
        .group_name("sundial")
        .send()
        .await;
    assert_eq!(refusal(again), missing);
    assert_eq!(
        refusal(world.update("r", "rate(1 day)").send().await),
        missing
    );
    world.create("r", "rate(1 day)").send().await.unwrap();
    let elsewhere = sdk.get_schedule().name("r").send().await;
    assert_eq!(
        refusal(elsewhere),
        missing,
        "each group has names of its own"
    );
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_request_sent_twice_is_one() {
    let world = World::empty().await;
    let create = |token: &str| world.create("r", "rate(1 day)").client_token(token);
    let first = create("a").send().await.unwrap();

    let again = create("a").send().await.unwrap();
    assert_eq!(again.schedule_arn(), first.schedule_arn());
    let conflict = (
        "ConflictException".to_owned(),
        "Schedule r already exists.".to_owned(),
    );
    assert_eq!(refusal(create("b").send().await), conflict);
    let different = create("a").description("different").send().await;
    assert_eq!(refusal(different), conflict);
    let told = world.get("r").await;
    assert_eq!(told.description(), None, "the first is left as it was");
}

#[tokio::test]
async fn each_call_is_counted_with_its_refusals() {
    let world = World::empty().await;
    world.create("r", "rate(1 day)").send().await.unwrap();
    world.create("r", "rate(1 day)").send().await.unwrap_err();
    world.get("r").await;
    world.sdk.list_schedules().send().await.unwrap();

    let calls = world.scheduler.calls().into_iter().collect::<BTreeSet<_>>();

    let expected = [
        ("CreateSchedule", 2),
        ("GetSchedule", 1),
        ("ListSchedules", 1),
    ];
    assert_eq!(
        calls,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into()
    );
}

#[tokio::test]
async fn schedules_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::keeping(dir.path(), "2026-11-20T10:34:30Z").await;
    let create = world
        .create("r", "cron(0 2 * * ? *)")
        .client_token("a")
        .description("hash");
    let create = create.schedule_expression_timezone("Europe/Berlin");
    let create = create
        .start_date(date("2026-12-01T00:00:00Z"))
        .flexible_time_window(off());
    create.clone().send().await.unwrap();
    let before = world.get("r").await;
    world.stop().await;

    let world = World::keeping(dir.path(), "2026-11-20T10:34:33Z").await;
    let after = world.get("r").await;

    let told = |told: &aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput| {
        let text = format!("{told:?}");
        text.split("_request_id").next().unwrap().to_owned()
    };
    assert_eq!(told(&after), told(&before));
    let again = world
        .create("r", "cron(0 2 * * ? *)")
        .client_token("a")
        .description("hash");
    let again = again.schedule_expression_timezone("Europe/Berlin");
    let again = again.start_date(date("2026-12-01T00:00:00Z"));
    again.send().await.expect("the token is known");
}
