//! Targets, through the real SDK.

use aws_sdk_eventbridge::types::{InputTransformer, RetryPolicy, Target};

use crate::world::{World, lambda_target};

#[tokio::test]
async fn targets_are_listed_as_they_were_put() {
    let world = World::empty().await;
    world.schedule("r", "rate(1 day)").await;
    let transformer = InputTransformer::builder()
        .input_paths_map("t", "$.time")
        .input_template(r#"{"kind":"tick","job_id":"7","time":<t>}"#);
    let target = Target::builder()
        .id("f")
        .arn(lambda_target("f").arn)
        .input_transformer(transformer.build().unwrap())
        .retry_policy(RetryPolicy::builder().maximum_retry_attempts(3).build())
        .build()
        .unwrap();

    for _ in 0..2 {
        let put = world.sdk.put_targets().rule("r").targets(target.clone());
        assert_eq!(put.send().await.unwrap().failed_entry_count(), 0);
    }

    let listed = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(
        listed.targets(),
        [target],
        "a target put twice is there once"
    );
}

#[tokio::test]
async fn rules_are_found_by_the_target_they_have() {
    let world = World::empty().await;
    for rule in ["r1", "r2", "r3"] {
        world.schedule(rule, "rate(1 day)").await;
    }
    for rule in ["r1", "r3"] {
        world
            .sdk
            .put_targets()
            .rule(rule)
            .targets(lambda_target("f"))
            .send()
            .await
            .unwrap();
    }

    let list = world
        .sdk
        .list_rule_names_by_target()
        .target_arn(lambda_target("f").arn);
    assert_eq!(list.send().await.unwrap().rule_names(), ["r1", "r3"]);
}

#[tokio::test]
async fn removing_a_missing_target_is_a_failed_entry_of_a_successful_request() {
    let world = World::empty().await;
    world.schedule("r", "rate(1 day)").await;
    world
        .sdk
        .put_targets()
        .rule("r")
        .targets(lambda_target("f"))
        .send()
        .await
        .unwrap();

    let removed = world
        .sdk
        .remove_targets()
        .rule("r")
        .ids("f")
        .ids("g")
        .send()
        .await
        .unwrap();

    assert_eq!(removed.failed_entry_count(), 1);
    assert_eq!(removed.failed_entries()[0].target_id(), Some("g"));
    assert_eq!(
        removed.failed_entries()[0].error_code(),
        Some("ResourceNotFoundException")
    );
    let listed = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.targets(), []);
    let nobody = world
        .sdk
        .remove_targets()
        .rule("nobody")
        .ids("f")
        .send()
        .await;
    assert!(
        nobody
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
}
