//! Rules from put to delete, through the real SDK.

use aws_sdk_eventbridge::types::{RuleState, Tag};

use crate::world::{World, lambda_target, refusal};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

impl World {
    async fn state(&self, rule: &str) -> RuleState {
        let rule = self.sdk.describe_rule().name(rule).send().await.unwrap();
        rule.state().unwrap().clone()
    }
}

#[tokio::test]
async fn a_rule_is_described_as_it_was_put() {
    let World { sdk, .. } = World::empty().await;
    let put = sdk.put_rule().name("nightly").description("hash");
    let put = put
        .schedule_expression("cron(0 2 * * ? *)")
        .state(RuleState::Disabled);
    let put = put.send().await.unwrap();

    let arn = "arn:aws:events:eu-central-1:000000000000:rule/nightly";
    assert_eq!(put.rule_arn(), Some(arn));
    let rule = sdk.describe_rule().name("nightly").send().await.unwrap();
    assert_eq!(rule.arn(), Some(arn));
    assert_eq!(rule.schedule_expression(), Some("cron(0 2 * * ? *)"));
    assert_eq!(rule.description(), Some("hash"));
    assert_eq!(rule.state(), Some(&RuleState::Disabled));
    assert_eq!(rule.event_bus_name(), Some("default"));
    assert_eq!(rule.event_pattern(), None);
}

#[tokio::test]
async fn a_rule_is_switched_on_and_off() {
    let world = World::empty().await;
    world.schedule("r", "rate(1 day)").await;
    world.sdk.disable_rule().name("r").send().await.unwrap();
    assert_eq!(world.state("r").await, RuleState::Disabled);
    world.sdk.enable_rule().name("r").send().await.unwrap();
    assert_eq!(world.state("r").await, RuleState::Enabled);

    let nobody = world.sdk.enable_rule().name("nobody").send().await;
    assert!(
        nobody
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
}

#[tokio::test]
async fn a_rule_goes_only_after_its_targets() {
    let world = World::empty().await;
    let sdk = &world.sdk;
    world.schedule("r", "rate(1 day)").await;
    sdk.put_targets()
        .rule("r")
        .targets(lambda_target("a"))
        .send()
        .await
        .unwrap();
    let (code, message) = refusal(sdk.delete_rule().name("r").send().await);
    assert_eq!(code, "ValidationException");
    assert_eq!(message, "Rule can't be deleted since it has targets.");

    sdk.remove_targets()
        .rule("r")
        .ids("a")
        .send()
        .await
        .unwrap();
    sdk.delete_rule().name("r").send().await.unwrap();

    let error = sdk
        .describe_rule()
        .name("r")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(
        error.meta().message(),
        Some("Rule r does not exist on EventBus default.")
    );
    sdk.delete_rule()
        .name("r")
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
        .targets(lambda_target("a"))
        .send()
        .await
        .unwrap();

    let put = sdk
        .put_rule()
        .name("r")
        .event_pattern(r#"{"source":["s"]}"#);
    let arn = put
        .tags(tag("owner", "b"))
        .send()
        .await
        .unwrap()
        .rule_arn
        .unwrap();

    let rule = sdk.describe_rule().name("r").send().await.unwrap();
    assert_eq!(rule.schedule_expression(), None);
    assert_eq!(rule.description(), None);
    assert_eq!(
        rule.state(),
        Some(&RuleState::Enabled),
        "an omitted state means enabled"
    );
    let targets = sdk.list_targets_by_rule().rule("r").send().await.unwrap();
    assert_eq!(targets.targets(), [lambda_target("a")]);
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
    let world = World::empty().await;
    let names: Vec<_> = (0..7).map(|number| format!("sundial-{number}")).collect();
    for name in names.iter().map(String::as_str).chain(["other"]) {
        world.schedule(name, "rate(1 day)").await;
    }

    let mut listed = Vec::new();
    let mut sizes = Vec::new();
    let mut token = None;
    for _ in 0..3 {
        let list = world.sdk.list_rules().name_prefix("sundial-").limit(3);
        let page = list.set_next_token(token).send().await.unwrap();
        sizes.push(page.rules().len());
        listed.extend(
            page.rules()
                .iter()
                .map(|rule| rule.name().unwrap().to_owned()),
        );
        token = page.next_token;
    }
    assert_eq!(token, None);
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(listed, names);

    let page = world
        .sdk
        .list_rules()
        .name_prefix("sundial-")
        .limit(7)
        .send()
        .await
        .unwrap();
    assert_eq!(page.next_token(), None, "a full last page has no successor");
    let made_up = world.sdk.list_rules().next_token("made-up").send().await;
    assert_eq!(refusal(made_up).0, "ValidationException");
}

#[tokio::test]
async fn rules_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::with(Vec::new(), Some(dir.path().to_owned())).await;
    world.schedule("r", "rate(1 day)").await;
    world.sdk.disable_rule().name("r").send().await.unwrap();
    world
        .sdk
        .put_targets()
        .rule("r")
        .targets(lambda_target("a"))
        .send()
        .await
        .unwrap();
    world.stop().await;

    let world = World::with(Vec::new(), Some(dir.path().to_owned())).await;
    assert_eq!(world.state("r").await, RuleState::Disabled);
    let targets = world
        .sdk
        .list_targets_by_rule()
        .rule("r")
        .send()
        .await
        .unwrap();
    assert_eq!(targets.targets(), [lambda_target("a")]);
}
