//! PutEvents: what is refused whole, and what entry by entry.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_eventbridge::types::builders::PutEventsRequestEntryBuilder;
use serde_json::json;

use crate::world::{World, refusal, serve};

fn entry() -> PutEventsRequestEntryBuilder {
    let entry = PutEventsRequestEntry::builder().event_bus_name("sundial");
    entry.source("s").detail_type("t").detail("{}")
}

#[tokio::test]
async fn bad_entries_fail_one_by_one_while_the_request_succeeds() {
    let World { sdk, .. } = World::empty().await;
    let (entries, expected): (Vec<_>, Vec<_>) = [
        (entry(), ""),
        (entry().set_source(None), "InvalidArgument"),
        (entry().set_detail_type(None), "InvalidArgument"),
        (entry().set_detail(None), "InvalidArgument"),
        (
            entry().source("aws.events"),
            "NotAuthorizedForSourceException",
        ),
        (entry().detail("[1]"), "MalformedDetail"),
        (entry().detail("{"), "MalformedDetail"),
        // An unknown bus drops the event without a word.
        (entry().event_bus_name("nowhere"), ""),
    ]
    .into_iter()
    .map(|(entry, code)| (entry.build(), code))
    .unzip();

    let answer = sdk
        .put_events()
        .set_entries(Some(entries))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.failed_entry_count(), 6);
    let answers = answer.entries().iter();
    let codes: Vec<_> = answers
        .map(|entry| entry.error_code().unwrap_or_default())
        .collect();
    assert_eq!(codes, expected);
    assert!(answer.entries()[0].event_id().is_some());
    assert_eq!(answer.entries()[1].event_id(), None);
    let message = "Parameter Source is not valid. Reason: Source is a required argument.";
    assert_eq!(answer.entries()[1].error_message(), Some(message));
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
    let request = reqwest::Client::new().post(serve(world.bridge.router()).await);
    let request = request
        .header("x-amz-target", "AWSEvents.MakeCoffee")
        .body("{}");

    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), 400);
    assert_eq!(
        answer.headers()["content-type"],
        "application/x-amz-json-1.1"
    );
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["__type"], "UnknownOperationException");
}
