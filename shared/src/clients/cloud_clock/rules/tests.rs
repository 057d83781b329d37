//! The rules client against the stand-in, through the real SDK.

use std::error::Error;

use super::*;

fn rule(name: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        expression: "cron(0 6 * * ? *)".to_owned(),
        is_enabled: true,
        zone: "UTC".to_owned(),
        description: "At 06:00, UTC".to_owned(),
        draft: "draft".to_owned(),
        target: Target {
            arn: "arn:aws:lambda:us-east-1:1:function:asset_download".to_owned(),
            input_paths: [("time".to_owned(), "$.time".to_owned())].into(),
            input_template: r#"{"kind":"tick","time":<time>}"#.to_owned(),
            ..Target::default()
        },
    }
}

/// A cloud with the rule `ours-1`.
async fn with_a_rule() -> StandInEventBridge {
    let cloud = StandInEventBridge::start().await;
    let created = cloud.client().create(&rule("ours-1")).await;
    created.expect("created");
    cloud
}

fn operations(cloud: &StandInEventBridge) -> Vec<String> {
    cloud
        .take_calls()
        .into_iter()
        .map(|(operation, _)| operation)
        .collect()
}

#[tokio::test]
async fn a_listing_reads_every_page_and_only_the_prefix() {
    let cloud = StandInEventBridge::start().await;
    cloud.set_page_size(2);
    for index in 0..5 {
        cloud.set(&format!("ours-{index}"), StandInRule::default());
    }
    cloud.set("theirs", StandInRule::default());

    let rules = cloud.client().list("ours-").await.expect("a listing");

    let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["ours-0", "ours-1", "ours-2", "ours-3", "ours-4"]);
    assert_eq!(cloud.take_calls().len(), 3, "two rules to a page");
}

#[tokio::test]
async fn a_new_rule_gets_its_target_before_it_may_fire() {
    let cloud = with_a_rule().await;

    assert_eq!(operations(&cloud), ["PutRule", "PutTargets", "PutRule"]);
    let rules = cloud.rules();
    let made = &rules["ours-1"];
    assert_eq!(made.state, "ENABLED");
    assert_eq!(made.description, "At 06:00, UTC");
    let target = &made.targets["function"];
    assert_eq!(
        target["InputTransformer"]["InputPathsMap"]["time"],
        "$.time"
    );
    assert_eq!(
        target["InputTransformer"]["InputTemplate"],
        r#"{"kind":"tick","time":<time>}"#
    );
}

#[tokio::test]
async fn a_new_rule_whose_target_failed_stays_disabled_and_a_draft() {
    let cloud = StandInEventBridge::start().await;
    cloud.fail_entries("ours-1");

    let error = cloud
        .client()
        .create(&rule("ours-1"))
        .await
        .expect_err("a failed entry");

    assert!(
        matches!(error, CloudClockError::Entries { failed: 1, .. }),
        "{error}"
    );
    assert!(error.may_pass());
    let rules = cloud.rules();
    assert_eq!(
        (
            rules["ours-1"].state.as_str(),
            rules["ours-1"].description.as_str()
        ),
        ("DISABLED", "draft")
    );
}

#[tokio::test]
async fn an_update_never_disables_the_rule_in_between() {
    let cloud = with_a_rule().await;
    cloud.take_calls();

    cloud
        .client()
        .replace(&rule("ours-1"), "ours-1")
        .await
        .expect("replaced");

    assert_eq!(operations(&cloud), ["PutTargets", "PutRule"]);
}

#[tokio::test]
async fn a_disabled_rule_says_so_and_keeps_the_rest() {
    let cloud = StandInEventBridge::start().await;
    let client = cloud.client();
    client.create(&rule("ours-1")).await.expect("created");

    let paused = Rule {
        is_enabled: false,
        ..rule("ours-1")
    };
    client.replace(&paused, "ours-1").await.expect("disabled");
    let listed = client.list("ours-").await.expect("a listing");
    assert!(!listed[0].is_enabled);
    assert_eq!(listed[0].expression.as_deref(), Some("cron(0 6 * * ? *)"));

    let resumed = rule("ours-1");
    client.replace(&resumed, "ours-1").await.expect("enabled");
    assert!(client.list("ours-").await.expect("a listing")[0].is_enabled);
}

#[tokio::test]
async fn deleting_takes_every_target_off_first() {
    let cloud = StandInEventBridge::start().await;
    let mut made = StandInRule::default();
    made.targets.insert(
        "function".to_owned(),
        serde_json::json!({"Id": "function", "Arn": "a"}),
    );
    made.targets.insert(
        "by hand".to_owned(),
        serde_json::json!({"Id": "by hand", "Arn": "b"}),
    );
    cloud.set("ours-1", made);

    cloud.client().delete("ours-1").await.expect("deleted");

    assert!(cloud.rules().is_empty());
    assert_eq!(
        operations(&cloud),
        ["ListTargetsByRule", "RemoveTargets", "DeleteRule"]
    );
}

#[tokio::test]
async fn deleting_a_rule_that_is_gone_is_no_error() {
    let cloud = StandInEventBridge::start().await;
    cloud.client().delete("gone").await.expect("nothing to do");
}

#[tokio::test]
async fn a_target_that_stays_keeps_its_rule() {
    let cloud = with_a_rule().await;
    cloud.fail_entries("ours-1");

    let error = cloud
        .client()
        .delete("ours-1")
        .await
        .expect_err("a failed entry");

    assert!(matches!(error, CloudClockError::Entries { .. }), "{error}");
    assert!(cloud.rules().contains_key("ours-1"));
}

#[tokio::test]
async fn names_by_target_reads_every_page_and_leaves_out_rules_without_it() {
    let cloud = StandInEventBridge::start().await;
    cloud.set_page_size(1);
    let client = cloud.client();
    for name in ["ours-1", "ours-2", "ours-3"] {
        client.create(&rule(name)).await.expect("created");
    }
    cloud.set("ours-4", StandInRule::default());

    let names = client
        .names_by_target(&rule("").target.arn)
        .await
        .expect("a listing")
        .expect("names");

    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["ours-1", "ours-2", "ours-3"]
    );
}

#[tokio::test]
async fn a_full_bus_is_named_as_such() {
    let cloud = StandInEventBridge::start().await;
    cloud.set_rules_max(0);

    let error = cloud
        .client()
        .create(&rule("ours-1"))
        .await
        .expect_err("full");

    assert!(error.is_over_quota());
    assert!(!error.may_pass());
    assert!(
        error.to_string().contains("ask AWS for more rules"),
        "{error}"
    );
    assert!(error.source().is_some(), "the cause must be kept");
}
