//! Rules and targets AWS refuses, and how it says so.

use aws_sdk_eventbridge::types::builders::TargetBuilder;
use aws_sdk_eventbridge::types::{InputTransformer, Target};

use crate::world::{World, lambda_target, refusal};

fn validation(message: impl Into<String>) -> (String, String) {
    ("ValidationException".to_owned(), message.into())
}

/// As AWS words a field that breaks a rule of its model.
fn broken(value: &str, field: &str, rule: &str) -> (String, String) {
    validation(format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: {rule}"
    ))
}

const NAME_PATTERN: &str = r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+";

#[tokio::test]
async fn schedules_aws_would_refuse_are_refused() {
    let World { sdk, .. } = World::empty().await;
    for expression in [
        "cron(0 1 * * * *)",
        "cron(99 * * * ? *)",
        "rate(1 minutes)",
        "at(2026-11-20T10:00:00)",
    ] {
        let put = sdk
            .put_rule()
            .name("r")
            .schedule_expression(expression)
            .send()
            .await;
        let expected = validation("Parameter ScheduleExpression is not valid.");
        assert_eq!(refusal(put), expected, "{expression}");
    }
    let neither = validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
    assert_eq!(refusal(sdk.put_rule().name("r").send().await), neither);

    let elsewhere = sdk.put_rule().name("r").event_bus_name("sundial");
    let elsewhere = elsewhere.schedule_expression("rate(1 day)").send().await;
    let expected = "ScheduleExpression is supported only on the default event bus.";
    assert_eq!(refusal(elsewhere), validation(expected));
}

#[tokio::test]
async fn fields_that_break_the_model_are_refused_in_its_words() {
    let World { sdk, .. } = World::empty().await;
    let put = |name: &str| sdk.put_rule().name(name).schedule_expression("rate(1 day)");

    assert_eq!(
        refusal(put("a b").send().await),
        broken("a b", "name", NAME_PATTERN)
    );
    let long = "x".repeat(65);
    let rule = "Member must have length less than or equal to 64";
    assert_eq!(
        refusal(put(&long).send().await),
        broken(&long, "name", rule)
    );
    let long = "x".repeat(513);
    let rule = "Member must have length less than or equal to 512";
    assert_eq!(
        refusal(put("r").description(&long).send().await),
        broken(&long, "description", rule)
    );
    let rule = "Member must satisfy enum value set: \
                [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]";
    assert_eq!(
        refusal(put("r").state("ASLEEP".into()).send().await),
        broken("ASLEEP", "state", rule)
    );
    let rule = "Member must have value less than or equal to 100";
    assert_eq!(
        refusal(sdk.list_rules().limit(101).send().await),
        broken("101", "limit", rule)
    );
}

#[tokio::test]
async fn a_bad_pattern_and_an_unknown_bus_have_errors_of_their_own() {
    let World { sdk, .. } = World::empty().await;
    let put = sdk
        .put_rule()
        .name("r")
        .event_pattern(r#"{"source":"s"}"#)
        .send()
        .await;
    let error = put.unwrap_err().into_service_error();
    assert!(error.is_invalid_event_pattern_exception(), "{error:?}");

    let put = sdk.put_rule().name("r").event_bus_name("nowhere");
    let error = put.event_pattern(r#"{"source":["s"]}"#).send().await;
    let error = error.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(
        error.meta().message(),
        Some("Event bus nowhere does not exist.")
    );
}

#[tokio::test]
async fn the_301st_rule_of_a_bus_is_one_too_many_until_more_are_granted() {
    let world = World::empty().await;
    for number in 0..300 {
        world.schedule(&format!("r{number}"), "rate(1 day)").await;
    }
    let put = world
        .sdk
        .put_rule()
        .name("r300")
        .schedule_expression("rate(1 day)")
        .send()
        .await;
    assert!(
        put.unwrap_err()
            .into_service_error()
            .is_limit_exceeded_exception()
    );
    world.schedule("r299", "rate(2 days)").await;

    world.bridge.grant_rules(301);
    world.schedule("r300", "rate(1 day)").await;
}

#[tokio::test]
async fn a_rule_has_five_targets_and_a_request_all_or_nothing() {
    let world = World::empty().await;
    world.schedule("r", "rate(1 day)").await;
    let put = |ids: &[&str]| {
        let targets = ids.iter().map(|id| lambda_target(id)).collect();
        world
            .sdk
            .put_targets()
            .rule("r")
            .set_targets(Some(targets))
            .send()
    };
    put(&["1", "2", "3", "4"]).await.unwrap();
    let two = put(&["5", "6"]).await;
    assert!(
        two.unwrap_err()
            .into_service_error()
            .is_limit_exceeded_exception()
    );
    let listed = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.targets().len(), 4);
    put(&["4", "5"])
        .await
        .expect("a target put again is no new target");
}

/// A target `t`, and what AWS says of it.
fn bad_targets() -> Vec<(TargetBuilder, (String, String))> {
    let target = || Target::builder().id("t").arn(lambda_target("t").arn);
    let template = |template: &str| {
        let transformer = InputTransformer::builder().input_paths_map("a", "$.id");
        target().input_transformer(transformer.input_template(template).build().unwrap())
    };
    vec![
        (
            target().arn("nonsense"),
            validation(
                "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.",
            ),
        ),
        (
            target().input("{}").input_path("$.detail"),
            validation(
                "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
            ),
        ),
        (
            template("<b>"),
            validation("InputTemplate for target t contains invalid placeholder b."),
        ),
        (
            template("{<a>:1}"),
            validation("Invalid InputTemplate for target t : it is not valid JSON."),
        ),
        (
            target().input_path("detail"),
            validation("Invalid InputPath for target t."),
        ),
        (
            target().id("a b"),
            broken("a b", "targets.1.member.id", NAME_PATTERN),
        ),
    ]
}

#[tokio::test]
async fn targets_aws_would_refuse_are_refused_in_its_words() {
    let world = World::empty().await;
    world.schedule("r", "rate(1 day)").await;
    for (target, expected) in bad_targets() {
        let put = world
            .sdk
            .put_targets()
            .rule("r")
            .targets(target.build().unwrap());
        assert_eq!(refusal(put.send().await), expected);
    }
    let put = world
        .sdk
        .put_targets()
        .rule("nobody")
        .targets(lambda_target("t"))
        .send()
        .await;
    assert!(
        put.unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let listed = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.targets(), [], "a refused target was kept");
}
