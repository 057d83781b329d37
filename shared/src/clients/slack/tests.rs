//! Slack with recorded answers.

use std::time::Duration;

use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, method, path},
};

use super::{super::http::Limits, *};

const WEBHOOK: &str = "/services/T0/B0/EXAMPLE123";

const QUICK: Limits = Limits {
    connect: Duration::from_millis(500),
    first_byte: Duration::from_millis(200),
    idle: Duration::from_millis(200),
    bytes_per_second_min: 0,
};

fn message() -> Message {
    Message {
        key: "1".to_owned(),
        title: "asset_download failed & will not be tried again".to_owned(),
        body: "403 for <!channel>".to_owned(),
        context: vec!["Job: Assets".to_owned(), "Brand: Tea".to_owned()],
        recipients: vec![],
    }
}

async fn send(server: &MockServer) -> Result<(), SendError> {
    let http = Http::open(UrlGuard::closed(), QUICK);
    let webhook = Secret::new(format!("{}{WEBHOOK}", server.uri()));
    Slack::open(&webhook, &http).send(&message()).await
}

async fn answering(response: ResponseTemplate) -> (MockServer, Result<(), SendError>) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(WEBHOOK))
        .respond_with(response)
        .mount(&server)
        .await;
    let result = send(&server).await;
    (server, result)
}

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

#[tokio::test]
async fn a_message_is_posted_as_blocks_that_call_nobody() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(WEBHOOK))
        .and(body_json(json!({
            "text": "asset_download failed &amp; will not be tried again",
            "blocks": [
                {"type": "header", "text": {
                    "type": "plain_text",
                    "text": "asset_download failed & will not be tried again",
                }},
                {"type": "section", "text": {
                    "type": "mrkdwn", "text": "403 for &lt;!channel&gt;",
                }},
                {"type": "section", "text": {
                    "type": "mrkdwn", "text": "Job: Assets\nBrand: Tea",
                }},
            ],
        })))
        .respond_with(text(200, "ok"))
        .expect(1)
        .mount(&server)
        .await;

    send(&server).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    assert!(!requests[0].headers.contains_key("authorization"));
}

#[test]
fn long_texts_are_cut_to_what_a_block_takes() {
    let long = Message {
        title: "é".repeat(500),
        body: "<".repeat(5_000),
        ..message()
    };

    let body = body(&long);

    let length = |at: &str| body.pointer(at).unwrap().as_str().unwrap().chars().count();
    assert_eq!(length("/blocks/0/text/text"), 150);
    assert_eq!(length("/blocks/1/text/text"), 3_000);
}

#[tokio::test]
async fn a_bad_payload_is_refused_for_good() {
    let (_, result) = answering(text(400, "invalid_payload")).await;

    let error = result.unwrap_err();
    assert!(matches!(error, SendError::Refused { status: 400, .. }));
    assert!(error.to_string().ends_with("400: invalid_payload"));
}

#[tokio::test]
async fn a_webhook_that_is_gone_or_broken_is_worth_another_attempt() {
    for (status, body) in [
        (404, "no_service"),
        (410, "channel_is_archived"),
        (500, "rollup_error"),
    ] {
        let (_, result) = answering(text(status, body)).await;
        let error = result.unwrap_err();
        assert!(matches!(error, SendError::Failed { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_limit_says_for_how_long() {
    let (_, result) = answering(text(429, "").append_header("Retry-After", "30")).await;
    assert!(matches!(result, Err(SendError::Wait { delay, .. }) if delay.as_secs() == 30));

    let (_, result) = answering(text(429, "")).await;
    assert!(matches!(result, Err(SendError::Wait { delay, .. }) if delay.as_secs() == 60));
}

#[tokio::test]
async fn silence_is_told_without_the_webhook() {
    let (_server, result) = answering(text(200, "ok").set_delay(Duration::from_secs(5))).await;

    let error = result.unwrap_err();
    assert!(matches!(error, SendError::Unreachable { .. }));
    let line = format!("{error} {error:?}");
    assert!(!line.contains("EXAMPLE123"), "{line}");
}

#[tokio::test]
async fn only_the_webhook_s_host_is_spoken_to() {
    let (server, result) =
        answering(text(302, "").append_header("Location", "https://evil.example/")).await;
    let error = result.unwrap_err();
    assert!(
        matches!(error, SendError::Failed { status: 302, .. }),
        "no redirect is followed: {error}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    let http = Http::open(UrlGuard::closed(), QUICK);
    let slack = Slack::open(&Secret::new("no address"), &http);
    let error = slack.send(&message()).await.unwrap_err();
    assert!(matches!(
        error,
        SendError::Unreachable {
            source: super::super::http::FetchError::Refused(_),
            ..
        }
    ));
}
