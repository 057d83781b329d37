//! What AWS refuses, and how it says so.

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::{
    InputTransformer, PutEventsRequestEntry, Target, builders::TargetBuilder,
};
use serde_json::json;

use crate::world::World;

fn target(id: &str) -> TargetBuilder {
    Target::builder()
        .id(id)
        .arn("arn:aws:lambda:eu-central-1:000000000000:function:x")
}

/// Code and message of a refusal.
fn refusal<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> (String, String) {
    let Err(error) = answer else {
        panic!("it was accepted")
    };
    (
        error.code().unwrap_or_default().to_owned(),
        error.message().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn rules_aws_would_refuse_are_refused_in_its_words() {
    let World { sdk, .. } = World::empty().await;
    let long = "x".repeat(65);
    let invalid = "Parameter ScheduleExpression is not valid.";
    for (put, message) in [
        (
            sdk.put_rule()
                .name("r")
                .schedule_expression("cron(0 1 * * * *)"),
            invalid,
        ),
        (
            sdk.put_rule()
                .name("r")
                .schedule_expression("cron(99 * * * ? *)"),
            invalid,
        ),
        (
            sdk.put_rule()
                .name("r")
                .schedule_expression("rate(1 minutes)"),
            invalid,
        ),
        (
            sdk.put_rule().name("r"),
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ),
        (
            sdk.put_rule()
                .name("r")
                .event_bus_name("sundial")
                .schedule_expression("rate(1 day)"),
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            sdk.put_rule()
                .name("a b")
                .schedule_expression("rate(1 day)"),
            r"1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ),
        (
            sdk.put_rule()
                .name(&long)
                .schedule_expression("rate(1 day)"),
            &format!(
                "1 validation error detected: Value '{long}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64"
            ),
        ),
        (
            sdk.put_rule()
                .name("r")
                .schedule_expression("rate(1 day)")
                .state("SLEEPING".into()),
            "1 validation error detected: Value 'SLEEPING' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
        ),
    ] {
        assert_eq!(
            refusal(put.send().await),
            ("ValidationException".to_owned(), message.to_owned())
        );
    }

    let put = sdk
        .put_rule()
        .name("r")
        .event_pattern(r#"{"source":"s"}"#)
        .send()
        .await;
    let error = put.unwrap_err().into_service_error();
    assert!(error.is_invalid_event_pattern_exception(), "{error:?}");
    let put = sdk
        .put_rule()
        .name("r")
        .event_bus_name("nowhere")
        .event_pattern(r#"{"source":["s"]}"#)
        .send()
        .await;
    let error = put.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(error.message(), Some("Event bus nowhere does not exist."));
}

#[tokio::test]
async fn the_301st_rule_of_a_bus_is_one_too_many() {
    let World { sdk, .. } = World::empty().await;
    for number in 0..300 {
        let put = sdk
            .put_rule()
            .name(format!("r{number}"))
            .schedule_expression("rate(1 day)");
        put.send().await.unwrap();
    }
    let put = sdk
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
    let again = sdk
        .put_rule()
        .name("r299")
        .schedule_expression("rate(2 days)")
        .send()
        .await;
    again.expect("replacing a rule is no new rule");
}

#[tokio::test]
async fn a_rule_has_five_targets_and_all_or_none_of_a_request() {
    let World { sdk, .. } = World::empty().await;
    sdk.put_rule()
        .name("r")
        .schedule_expression("rate(1 day)")
        .send()
        .await
        .unwrap();
    for id in ["1", "2", "3", "4"] {
        sdk.put_targets()
            .rule("r")
            .targets(target(id).build().unwrap())
            .send()
            .await
            .unwrap();
    }
    let two = sdk
        .put_targets()
        .rule("r")
        .targets(target("5").build().unwrap());
    let two = two.targets(target("6").build().unwrap()).send().await;
    assert!(
        two.unwrap_err()
            .into_service_error()
            .is_limit_exceeded_exception()
    );
    assert_eq!(
        sdk.list_targets_by_rule()
            .rule("r")
            .send()
            .await
            .unwrap()
            .targets()
            .len(),
        4
    );

    let put = sdk
        .put_targets()
        .rule("nobody")
        .targets(target("1").build().unwrap())
        .send()
        .await;
    assert!(
        put.unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
}

#[tokio::test]
async fn targets_aws_would_refuse_are_refused_in_its_words() {
    let World { sdk, .. } = World::empty().await;
    sdk.put_rule()
        .name("r")
        .schedule_expression("rate(1 day)")
        .send()
        .await
        .unwrap();
    let template = |template: &str| {
        InputTransformer::builder()
            .input_paths_map("a", "$.id")
            .input_template(template)
            .build()
            .unwrap()
    };
    for (target, message) in [
        (
            target("t").arn("nonsense"),
            "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.",
        ),
        (
            target("t").input("{}").input_path("$.detail"),
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            target("t").input_transformer(template("<b>")),
            "InputTemplate for target t contains invalid placeholder b.",
        ),
        (
            target("t").input_transformer(template("{<a>:1}")),
            "Invalid InputTemplate for target t : it is not valid JSON.",
        ),
        (
            target("t").input_path("detail"),
            "Invalid InputPath for target t.",
        ),
        (
            target("a b"),
            r"1 validation error detected: Value 'a b' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ),
    ] {
        let put = sdk
            .put_targets()
            .rule("r")
            .targets(target.build().unwrap())
            .send()
            .await;
        assert_eq!(
            refusal(put),
            ("ValidationException".to_owned(), message.to_owned())
        );
    }
    let put = sdk
        .put_targets()
        .rule("r")
        .targets(target("t").input("{").build().unwrap())
        .send()
        .await;
    assert!(
        refusal(put)
            .1
            .starts_with("JSON syntax error in input for target t")
    );
    let list = sdk.list_rules().limit(101).send().await;
    assert!(refusal(list).1.ends_with(
        "'limit' failed to satisfy constraint: Member must have value less than or equal to 100"
    ));
}

fn entry() -> aws_sdk_eventbridge::types::builders::PutEventsRequestEntryBuilder {
    PutEventsRequestEntry::builder()
        .source("s")
        .detail_type("t")
        .detail("{}")
        .event_bus_name("sundial")
}

#[tokio::test]
async fn bad_entries_fail_one_by_one_while_the_request_succeeds() {
    let World { sdk, .. } = World::empty().await;
    let entries = [
        entry(),
        entry().set_source(None),
        entry().set_detail_type(None),
        entry().set_detail(None),
        entry().source("aws.events"),
        entry().detail("[1]"),
        entry().detail("{"),
        entry().event_bus_name("nowhere"),
    ];
    let entries = entries
        .into_iter()
        .map(PutEventsRequestEntryBuilderExt::done)
        .collect();

    let answer = sdk
        .put_events()
        .set_entries(Some(entries))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.failed_entry_count(), 6);
    let codes: Vec<_> = answer
        .entries()
        .iter()
        .map(|entry| entry.error_code().unwrap_or_default())
        .collect();
    let invalid = "InvalidArgument";
    let malformed = "MalformedDetail";
    assert_eq!(
        codes,
        [
            "",
            invalid,
            invalid,
            invalid,
            "NotAuthorizedForSourceException",
            malformed,
            malformed,
            ""
        ]
    );
    assert!(answer.entries()[0].event_id().is_some());
    let message = answer.entries()[1].error_message();
    assert_eq!(
        message,
        Some("Parameter Source is not valid. Reason: Source is a required argument.")
    );
}

trait PutEventsRequestEntryBuilderExt {
    fn done(self) -> PutEventsRequestEntry;
}

impl PutEventsRequestEntryBuilderExt
    for aws_sdk_eventbridge::types::builders::PutEventsRequestEntryBuilder
{
    fn done(self) -> PutEventsRequestEntry {
        self.build()
    }
}

#[tokio::test]
async fn eleven_entries_or_more_than_a_megabyte_are_refused_whole() {
    let World { sdk, .. } = World::empty().await;
    let eleven = sdk
        .put_events()
        .set_entries(Some(vec![entry().build(); 11]))
        .send()
        .await;
    let (code, message) = refusal(eleven);
    assert_eq!(code, "ValidationException");
    assert!(
        message.ends_with("Member must have length less than or equal to 10"),
        "{message}"
    );

    let large = entry()
        .detail(json!({ "x": "y".repeat(1024 * 1024) }).to_string())
        .build();
    let (code, message) = refusal(sdk.put_events().entries(large).send().await);
    assert_eq!(code, "ValidationException");
    assert_eq!(
        message,
        "Total size of the entries in the request is over the limit."
    );
}

#[tokio::test]
async fn an_operation_nobody_knows_is_unknown() {
    let world = World::empty().await;
    let url = crate::world::serve(world.bridge.router()).await;
    let request = reqwest::Client::new()
        .post(url)
        .header("x-amz-target", "AWSEvents.MakeCoffee")
        .body("{}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(
        answer.headers()["content-type"],
        "application/x-amz-json-1.1"
    );
    assert_eq!(
        answer.json::<serde_json::Value>().await.unwrap()["__type"],
        "UnknownOperationException"
    );
}
