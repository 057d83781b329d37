//! Schedules AWS refuses, and how it says so.

use aws_sdk_scheduler::operation::create_schedule::builders::CreateScheduleFluentBuilder as Create;
use aws_sdk_scheduler::types::builders::TargetBuilder;
use aws_sdk_scheduler::types::{
    DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy,
};

use super::world::{World, date, target};
use crate::world::refusal;

fn window(mode: &str, minutes: Option<i32>) -> FlexibleTimeWindow {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::from(mode));
    let window = window.set_maximum_window_in_minutes(minutes);
    window.build().unwrap()
}

fn retries(attempts: i32, seconds: i32) -> TargetBuilder {
    let policy = RetryPolicy::builder().maximum_retry_attempts(attempts);
    target().retry_policy(policy.maximum_event_age_in_seconds(seconds).build())
}

fn dead_letters(arn: &str) -> TargetBuilder {
    target().dead_letter_config(DeadLetterConfig::builder().arn(arn).build())
}

impl World {
    /// A schedule in which nothing is wrong.
    fn good(&self) -> Create {
        self.create("r", "rate(1 day)")
    }

    fn aimed(&self, target: TargetBuilder) -> Create {
        self.good().target(target.build().unwrap())
    }

    /// Each is refused in words that hold those beside it.
    async fn refuses(&self, bad: Vec<(Create, &str)>) {
        for (create, expected) in bad {
            let (code, message) = refusal(create.send().await);
            assert_eq!(code, "ValidationException", "{message}");
            assert!(message.contains(expected), "{message}: no {expected}");
            assert!(!self.is_there("r").await, "a refused schedule was kept");
        }
    }
}

#[tokio::test]
async fn fields_that_break_the_model_are_refused_in_its_words() {
    let world = World::empty().await;
    let good = || world.good();
    let (long_name, long_text) = ("x".repeat(65), "x".repeat(513));
    world
        .refuses(vec![
            (good().name("a b"), "'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$"),
            (good().name(&long_name), "at 'name' failed to satisfy constraint: Member must have length less than or equal to 64"),
            (good().group_name("a/b"), "at 'groupName'"),
            (good().client_token("a.b"), "at 'clientToken'"),
            (good().client_token(&long_name), "at 'clientToken'"),
            (good().description(&long_text), "at 'description' failed to satisfy constraint: Member must have length less than or equal to 512"),
            (good().state("ASLEEP".into()), "Value 'ASLEEP' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]"),
            (good().action_after_completion("SLEEP".into()), "enum value set: [NONE, DELETE]"),
            (good().kms_key_arn("arn:aws:kms:eu-central-1:000000000000:grant/1"), "at 'kmsKeyArn'"),
            (good().schedule_expression(""), "at 'scheduleExpression'"),
            (good().schedule_expression(long_text), "at 'scheduleExpression'"),
            (good().schedule_expression_timezone(long_name), "at 'scheduleExpressionTimezone'"),
            (good().set_schedule_expression(None), "Value null at 'scheduleExpression'"),
            (good().set_flexible_time_window(None), "Value null at 'flexibleTimeWindow'"),
            (good().set_target(None), "Value null at 'target'"),
        ])
        .await;
}

#[tokio::test]
async fn expressions_and_zones_that_are_none_are_refused() {
    let world = World::empty().await;
    let good = || world.good();
    world
        .refuses(vec![
            (
                good().schedule_expression("cron(0 1 * * * *)"),
                "Invalid Schedule Expression cron(0 1 * * * *).",
            ),
            (
                good().schedule_expression("rate(10 seconds)"),
                "Invalid Schedule Expression rate(10 seconds).",
            ),
            (
                good().schedule_expression("at(2021-12-31)"),
                "Invalid Schedule Expression at(2021-12-31).",
            ),
            (
                good().schedule_expression_timezone("Europe/Bielefeld"),
                "Timezone Europe/Bielefeld.",
            ),
        ])
        .await;
}

#[tokio::test]
async fn windows_are_bounded_and_given_only_when_flexible() {
    let world = World::empty().await;
    let with = |mode: &str, minutes| world.good().flexible_time_window(window(mode, minutes));
    world
        .refuses(vec![
            (with("SOFT", None), "enum value set: [OFF, FLEXIBLE]"),
            (with("FLEXIBLE", None), "MaximumWindowInMinutes is required"),
            (
                with("FLEXIBLE", Some(0)),
                "value greater than or equal to 1",
            ),
            (
                with("FLEXIBLE", Some(1441)),
                "value less than or equal to 1440",
            ),
            (
                with("OFF", Some(5)),
                "MaximumWindowInMinutes must not be given",
            ),
        ])
        .await;
    let most = with("FLEXIBLE", Some(1440)).send().await;
    most.expect("a day is the longest window");
}

#[tokio::test]
async fn targets_are_checked() {
    let world = World::empty().await;
    world
        .refuses(vec![
            (
                world.aimed(target().arn("nonsense")),
                "Provided Arn is not in correct format.",
            ),
            (world.aimed(target().arn("")), "at 'target.arn'"),
            (
                world.aimed(target().role_arn("arn:aws:iam::1:role/r")),
                "at 'target.roleArn'",
            ),
            (
                world.aimed(target().role_arn("arn:aws:iam::000000000000:user/u")),
                "at 'target.roleArn'",
            ),
            (world.aimed(target().role_arn("")), "at 'target.roleArn'"),
            (world.aimed(target().input("")), "at 'target.input'"),
            (world.aimed(target().input("{")), "not well-formed JSON"),
            (
                world.aimed(retries(-1, 60)),
                "at 'target.retryPolicy.maximumRetryAttempts'",
            ),
            (
                world.aimed(retries(186, 60)),
                "value less than or equal to 185",
            ),
            (
                world.aimed(retries(0, 59)),
                "value greater than or equal to 60",
            ),
            (
                world.aimed(retries(0, 86_401)),
                "at 'target.retryPolicy.maximumEventAgeInSeconds'",
            ),
            (
                world.aimed(dead_letters("arn:aws:sns:eu-central-1:000000000000:dead")),
                "at 'target.deadLetterConfig.arn'",
            ),
        ])
        .await;
    let queue = target()
        .arn("arn:aws:sqs:eu-central-1:000000000000:q")
        .input("plain text");
    let queue = world.aimed(queue).send().await;
    queue.expect("only functions demand JSON");
}

#[tokio::test]
async fn dates_are_in_order_and_not_long_ago() {
    let world = World::empty().await;
    let from = |text: &str| world.good().start_date(date(text));
    let old = "The StartDate you specify cannot be earlier than 5 minutes ago.";
    world
        .refuses(vec![
            (from("2026-11-20T10:29:29Z"), old),
            (
                from("2026-11-21T00:00:00Z").end_date(date("2026-11-21T00:00:00Z")),
                "must be later",
            ),
            (
                from("2026-11-21T00:00:00Z").end_date(date("2026-11-20T23:00:00Z")),
                "must be later",
            ),
        ])
        .await;
    from("2026-11-20T10:29:30Z")
        .send()
        .await
        .expect("exactly five minutes");

    world.set("2026-11-20T10:40:00Z");
    let update = world
        .update("r", "rate(1 day)")
        .start_date(date("2026-11-20T10:29:30Z"));
    assert_eq!(
        refusal(update.send().await).1,
        old,
        "also an update is refused"
    );
    let once = world.create("once", "at(2027-01-01T00:00:00)");
    let once = once.start_date(date("2020-01-01T00:00:00Z"));
    once.send()
        .await
        .expect("dates mean nothing to a schedule that runs once");
}
