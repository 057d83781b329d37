//! Rules and their targets, through the real SDK.

use aws_sdk_eventbridge::types::{InputTransformer, RuleState, Tag, Target};

use crate::world::{REGION, World};

fn target(id: &str) -> Target {
    Target::builder()
        .id(id)
        .arn(format!("arn:aws:lambda:{REGION}:000000000000:function:x"))
        .build()
        .unwrap()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

#[tokio::test]
async fn a_rule_lives_from_put_to_delete() {
    let World { sdk, .. } = World::empty().await;
    let put = sdk
        .put_rule()
        .name("nightly")
        .schedule_expression("cron(0 2 * * ? *)")
        .description("hash");
    let put = put.state(RuleState::Disabled).send().await.unwrap();
    assert_eq!(
        put.rule_arn(),
        Some("arn:aws:events:eu-central-1:000000000000:rule/nightly")
    );

    let rule = sdk.describe_rule().name("nightly").send().await.unwrap();
    assert_eq!(rule.schedule_expression(), Some("cron(0 2 * * ? *)"));
    assert_eq!(rule.description(), Some("hash"));
    assert_eq!(rule.state(), Some(&RuleState::Disabled));
    assert_eq!(rule.event_bus_name(), Some("default"));

    sdk.enable_rule().name("nightly").send().await.unwrap();
    assert_eq!(
        sdk.describe_rule()
            .name("nightly")
            .send()
            .await
            .unwrap()
            .state(),
        Some(&RuleState::Enabled)
    );
    sdk.disable_rule().name("nightly").send().await.unwrap();
    assert_eq!(
        sdk.describe_rule()
            .name("nightly")
            .send()
            .await
            .unwrap()
            .state(),
        Some(&RuleState::Disabled)
    );

    sdk.put_targets()
        .rule("nightly")
        .targets(target("a"))
        .send()
        .await
        .unwrap();
    let error = sdk
        .delete_rule()
        .name("nightly")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(error.meta().code(), Some("ValidationException"));
    assert_eq!(
        error.meta().message(),
        Some("Rule can't be deleted since it has targets.")
    );

    sdk.remove_targets()
        .rule("nightly")
        .ids("a")
        .send()
        .await
        .unwrap();
    sdk.delete_rule().name("nightly").send().await.unwrap();
    let error = sdk
        .describe_rule()
        .name("nightly")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(
        error.meta().message(),
        Some("Rule nightly does not exist on EventBus default.")
    );
    sdk.delete_rule()
        .name("nightly")
        .send()
        .await
        .expect("deleting what is not there succeeds");
}

#[tokio::test]
async fn putting_a_rule_again_replaces_all_but_its_targets_and_tags() {
    let World { sdk, .. } = World::empty().await;
    let put = sdk
        .put_rule()
        .name("r")
        .schedule_expression("rate(1 day)")
        .description("old");
    put.state(RuleState::Disabled)
        .tags(tag("owner", "a"))
        .send()
        .await
        .unwrap();
    sdk.put_targets()
        .rule("r")
        .targets(target("a"))
        .send()
        .await
        .unwrap();

    let put = sdk
        .put_rule()
        .name("r")
        .event_pattern(r#"{"source":["s"]}"#)
        .tags(tag("owner", "b"));
    let arn = put.send().await.unwrap().rule_arn.unwrap();

    let rule = sdk.describe_rule().name("r").send().await.unwrap();
    assert_eq!(rule.schedule_expression(), None);
    assert_eq!(rule.description(), None);
    assert_eq!(
        rule.state(),
        Some(&RuleState::Enabled),
        "an omitted state means enabled"
    );
    let targets = sdk.list_targets_by_rule().rule("r").send().await.unwrap();
    assert_eq!(targets.targets().len(), 1);
    let tags = sdk
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        tags.tags(),
        [tag("owner", "a")],
        "tags of a rule put again are ignored"
    );
}

#[tokio::test]
async fn rules_are_listed_by_prefix_and_page() {
    let World { sdk, .. } = World::empty().await;
    for number in 0..7 {
        let put = sdk
            .put_rule()
            .name(format!("sundial-{number}"))
            .schedule_expression("rate(1 day)");
        put.send().await.unwrap();
    }
    sdk.put_rule()
        .name("other")
        .schedule_expression("rate(1 day)")
        .send()
        .await
        .unwrap();

    let mut names = Vec::new();
    let mut pages = 0;
    let mut token = None;
    loop {
        let list = sdk
            .list_rules()
            .name_prefix("sundial-")
            .limit(3)
            .set_next_token(token);
        let page = list.send().await.unwrap();
        pages += 1;
        names.extend(
            page.rules()
                .iter()
                .map(|rule| rule.name().unwrap().to_owned()),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, 3);
    let expected: Vec<_> = (0..7).map(|number| format!("sundial-{number}")).collect();
    assert_eq!(names, expected);

    let page = sdk
        .list_rules()
        .name_prefix("sundial-")
        .limit(7)
        .send()
        .await
        .unwrap();
    assert_eq!(page.next_token(), None, "a full last page has no successor");
    let error = sdk
        .list_rules()
        .next_token("made-up")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(error.meta().code(), Some("ValidationException"));
}

#[tokio::test]
async fn targets_are_kept_as_given_and_found_by_arn() {
    let World { sdk, .. } = World::empty().await;
    for name in ["r1", "r2"] {
        sdk.put_rule()
            .name(name)
            .schedule_expression("rate(1 day)")
            .send()
            .await
            .unwrap();
    }
    let transformer = InputTransformer::builder()
        .input_paths_map("t", "$.time")
        .input_template(r#"{"kind":"tick","job_id":"7","time":<t>}"#)
        .build()
        .unwrap();
    let retry = aws_sdk_eventbridge::types::RetryPolicy::builder()
        .maximum_retry_attempts(3)
        .build();
    let given = Target::builder()
        .id("f")
        .arn(target("f").arn)
        .input_transformer(transformer)
        .retry_policy(retry);
    let given = given.build().unwrap();

    let put = sdk
        .put_targets()
        .rule("r1")
        .targets(given.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(put.failed_entry_count(), 0);
    sdk.put_targets()
        .rule("r1")
        .targets(given.clone())
        .send()
        .await
        .unwrap();
    let listed = sdk.list_targets_by_rule().rule("r1").send().await.unwrap();
    assert_eq!(
        listed.targets(),
        [given.clone()],
        "a target put twice is there once"
    );

    let found = sdk
        .list_rule_names_by_target()
        .target_arn(given.arn())
        .send()
        .await
        .unwrap();
    assert_eq!(found.rule_names(), ["r1"]);

    let removed = sdk
        .remove_targets()
        .rule("r1")
        .ids("f")
        .ids("g")
        .send()
        .await
        .unwrap();
    assert_eq!(
        removed.failed_entry_count(),
        1,
        "a missing target is a failed entry"
    );
    assert_eq!(removed.failed_entries()[0].target_id(), Some("g"));
    assert_eq!(
        removed.failed_entries()[0].error_code(),
        Some("ResourceNotFoundException")
    );
    let error = sdk
        .remove_targets()
        .rule("r9")
        .ids("f")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn rules_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::with(Vec::new(), Some(dir.path().to_owned())).await;
    let put = world
        .sdk
        .put_rule()
        .name("r")
        .schedule_expression("rate(1 day)")
        .state(RuleState::Disabled);
    put.send().await.unwrap();
    world
        .sdk
        .put_targets()
        .rule("r")
        .targets(target("a"))
        .send()
        .await
        .unwrap();
    world.stop().await;

    let world = World::with(Vec::new(), Some(dir.path().to_owned())).await;
    let rule = world.sdk.describe_rule().name("r").send().await.unwrap();
    assert_eq!(rule.schedule_expression(), Some("rate(1 day)"));
    assert_eq!(rule.state(), Some(&RuleState::Disabled));
    let targets = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(targets.targets(), [target("a")]);
}
