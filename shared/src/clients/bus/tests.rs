//! The bus client against a local server that speaks PutEvents.

use aws_sdk_eventbridge::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use super::*;

fn bus(server: &MockServer) -> Bus {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(server.uri())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Bus::new(&aws, "sundial")
}

fn changes(count: usize) -> Vec<BusEvent> {
    let change = || BusEvent::ScheduleChanged {
        job_id: JobId::new(),
    };
    std::iter::repeat_with(change).take(count).collect()
}

fn entries(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    body["Entries"].as_array().expect("entries").clone()
}

/// Answers each entry with the code `refusal` returns for its detail, or with success.
async fn server(
    refusal: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let results: Vec<Value> = entries(request)
            .iter()
            .map(
                |entry| match refusal(entry["Detail"].as_str().expect("detail")) {
                    Some(code) => json!({"ErrorCode": code, "ErrorMessage": "no"}),
                    None => json!({"EventId": "e"}),
                },
            )
            .collect();
        let failed = results
            .iter()
            .filter(|result| result["ErrorCode"].is_string())
            .count();
        ResponseTemplate::new(200).set_body_raw(
            json!({"FailedEntryCount": failed, "Entries": results}).to_string(),
            "application/x-amz-json-1.1",
        )
    };
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn calls(server: &MockServer) -> Vec<Vec<Value>> {
    let requests = server.received_requests().await.expect("recording");
    requests.iter().map(entries).collect()
}

#[tokio::test]
async fn an_entry_carries_bus_source_type_and_fields() {
    let server = server(|_| None).await;
    let (run_id, job_id) = (RunId::new(), JobId::new());
    let event = BusEvent::RunRequested {
        run_id,
        job_id,
        job_type: "asset_download".to_owned(),
    };

    let refused = bus(&server).publish(&[event]).await.expect("an answer");

    assert!(refused.is_empty());
    let calls = calls(&server).await;
    let entry = &calls[0][0];
    assert_eq!(entry["EventBusName"], "sundial");
    assert_eq!(entry["Source"], "sundial");
    assert_eq!(entry["DetailType"], "RunRequested");
    let detail: Value =
        serde_json::from_str(entry["Detail"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        detail,
        json!({"run_id": run_id, "job_id": job_id, "job_type": "asset_download"})
    );
}

#[tokio::test]
async fn eleven_events_leave_in_two_calls() {
    let server = server(|_| None).await;
    bus(&server).publish(&changes(11)).await.expect("an answer");
    let sizes: Vec<_> = calls(&server).await.iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 1]);
}

#[tokio::test]
async fn no_events_are_no_call() {
    let server = server(|_| None).await;
    bus(&server).publish(&[]).await.expect("nothing to do");
    assert!(calls(&server).await.is_empty());
}

#[tokio::test]
async fn a_refused_entry_is_named_by_its_index_and_not_sent_again() {
    let events = changes(12);
    let bad = serde_json::to_string(&events[11]).expect("JSON");
    let server = server(move |detail| (detail == bad).then_some("MalformedDetail")).await;

    let refused = bus(&server).publish(&events).await.expect("an answer");

    assert_eq!(refused, [11]);
    assert_eq!(
        calls(&server).await.len(),
        2,
        "what is malformed stays malformed"
    );
}

#[tokio::test]
async fn a_throttled_entry_is_sent_again_alone_and_at_most_three_times() {
    let events = changes(3);
    let slow = serde_json::to_string(&events[1]).expect("JSON");
    let server = server(move |detail| (detail == slow).then_some("ThrottlingException")).await;

    let refused = bus(&server).publish(&events).await.expect("an answer");

    assert_eq!(refused, [1]);
    let sizes: Vec<_> = calls(&server).await.iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 1, 1]);
}

#[tokio::test]
async fn a_failed_call_is_an_error_with_its_code_and_cause() {
    let server = MockServer::start().await;
    let body = json!({"__type": "AccessDeniedException", "message": "not you"}).to_string();
    let refusal = ResponseTemplate::new(400).set_body_raw(body, "application/x-amz-json-1.1");
    Mock::given(method("POST"))
        .respond_with(refusal)
        .mount(&server)
        .await;

    let error = bus(&server)
        .publish(&changes(1))
        .await
        .expect_err("refused");

    assert_eq!(
        error.to_string(),
        "sending 1 events to bus sundial: AccessDeniedException: not you"
    );
    assert!(error.source().is_some(), "the cause must be kept");
}

#[tokio::test]
async fn a_count_without_its_entries_does_not_pass_for_success() {
    let server = MockServer::start().await;
    let body = json!({"FailedEntryCount": 1, "Entries": []}).to_string();
    let odd = ResponseTemplate::new(200).set_body_raw(body, "application/x-amz-json-1.1");
    Mock::given(method("POST"))
        .respond_with(odd)
        .mount(&server)
        .await;

    let error = bus(&server)
        .publish(&changes(2))
        .await
        .expect_err("unusable");

    assert!(matches!(
        error,
        BusError::Answer {
            count: 2,
            answered: 0,
            ..
        }
    ));
}
