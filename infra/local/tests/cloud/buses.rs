//! Buses, tags, and patterns on trial.

use aws_sdk_eventbridge::types::Tag;
use serde_json::json;

use crate::world::{World, refusal};

#[tokio::test]
async fn a_bus_is_made_once_found_and_listed() {
    let World { sdk, .. } = World::empty().await;
    let created = sdk
        .create_event_bus()
        .name("mine")
        .description("d")
        .send()
        .await
        .unwrap();
    let arn = "arn:aws:events:eu-central-1:000000000000:event-bus/mine";
    assert_eq!(created.event_bus_arn(), Some(arn));
    let again = sdk.create_event_bus().name("mine").send().await;
    let error = again.unwrap_err().into_service_error();
    assert!(error.is_resource_already_exists_exception(), "{error:?}");

    let bus = sdk.describe_event_bus().name(arn).send().await.unwrap();
    assert_eq!(bus.name(), Some("mine"));
    assert_eq!(bus.description(), Some("d"));
    let buses = sdk.list_event_buses().send().await.unwrap();
    let names: Vec<_> = buses
        .event_buses()
        .iter()
        .filter_map(|bus| bus.name())
        .collect();
    assert_eq!(names, ["default", "mine", "sundial"]);
}

#[tokio::test]
async fn a_bus_goes_only_after_its_rules_and_the_default_bus_never() {
    let World { sdk, .. } = World::empty().await;
    let put = sdk.put_rule().name("r").event_bus_name("sundial");
    let put = put
        .event_pattern(r#"{"source":["s"]}"#)
        .send()
        .await
        .unwrap();
    let arn = "arn:aws:events:eu-central-1:000000000000:rule/sundial/r";
    assert_eq!(put.rule_arn(), Some(arn));
    sdk.delete_event_bus()
        .name("sundial")
        .send()
        .await
        .expect_err("it has a rule");

    sdk.delete_rule()
        .name("r")
        .event_bus_name("sundial")
        .send()
        .await
        .unwrap();
    sdk.delete_event_bus().name("sundial").send().await.unwrap();

    let gone = sdk.describe_event_bus().name("sundial").send().await;
    assert!(
        gone.unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    let (_, message) = refusal(sdk.delete_event_bus().name("default").send().await);
    assert_eq!(message, "Cannot delete event bus default.");
}

#[tokio::test]
async fn tags_are_added_changed_and_removed_by_arn() {
    let World { sdk, .. } = World::empty().await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let put = sdk
        .put_rule()
        .name("r")
        .schedule_expression("rate(1 day)")
        .tags(tag("a", "1"));
    let arn = put.send().await.unwrap().rule_arn.unwrap();

    sdk.tag_resource()
        .resource_arn(&arn)
        .tags(tag("a", "2"))
        .tags(tag("b", "3"))
        .send()
        .await
        .unwrap();
    let tags = sdk
        .list_tags_for_resource()
        .resource_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tags(), [tag("a", "2"), tag("b", "3")]);
    sdk.untag_resource()
        .resource_arn(&arn)
        .tag_keys("a")
        .send()
        .await
        .unwrap();
    let tags = sdk
        .list_tags_for_resource()
        .resource_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tags.tags(), [tag("b", "3")]);

    let twice = sdk
        .tag_resource()
        .resource_arn(&arn)
        .tags(tag("a", "1"))
        .tags(tag("a", "2"))
        .send()
        .await;
    twice.expect_err("a key given twice is refused");
    let nobody = sdk
        .list_tags_for_resource()
        .resource_arn(format!("{arn}x"))
        .send()
        .await;
    assert!(
        nobody
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
}

#[tokio::test]
async fn a_pattern_can_be_tried_before_it_is_used() {
    let World { sdk, .. } = World::empty().await;
    let mut event = json!({
        "id": "1", "account": "0", "source": "s", "time": "2026-11-20T10:35:00Z",
        "region": "r", "resources": [], "detail-type": "t", "detail": { "n": 1 }
    });
    let test = |pattern: &str, event: &serde_json::Value| {
        sdk.test_event_pattern()
            .event_pattern(pattern)
            .event(event.to_string())
            .send()
    };
    assert!(
        test(r#"{"detail":{"n":[{"numeric":[">",0]}]}}"#, &event)
            .await
            .unwrap()
            .result()
    );
    assert!(
        !test(r#"{"detail":{"n":[{"numeric":[">",1]}]}}"#, &event)
            .await
            .unwrap()
            .result()
    );
    let error = test(r#"{"detail":{"n":[]}}"#, &event)
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_invalid_event_pattern_exception(), "{error:?}");

    event.as_object_mut().unwrap().remove("account");
    test(r#"{"source":["s"]}"#, &event)
        .await
        .expect_err("an event without its envelope is refused");
}
