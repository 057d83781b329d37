//! Resend with recorded answers.

use std::time::Duration;

use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

use super::{super::http::Limits, *};
use crate::config::Secret;

const KEY: &str = "re_EXAMPLE123_456";

const QUICK: Limits = Limits {
    connect: Duration::from_millis(500),
    first_byte: Duration::from_millis(200),
    idle: Duration::from_millis(200),
    bytes_per_second_min: 0,
};

fn message() -> Message {
    Message {
        key: "018f-email".to_owned(),
        title: "asset_download\nfailed".to_owned(),
        body: "403".to_owned(),
        context: vec!["Job: Assets".to_owned(), "Brand: Tea".to_owned()],
        recipients: vec![],
    }
}

async fn send(server: &MockServer) -> Result<(), SendError> {
    let http = Http::open(UrlGuard::closed(), QUICK);
    let email = config::Email {
        url: server.uri().parse().unwrap(),
        key: Secret::new(KEY),
        from: "Sundial <sundial@example.com>".to_owned(),
        to: vec!["a@example.com".to_owned(), "b@example.com".to_owned()],
    };
    Resend::open(&email, &http).send(&message()).await
}

async fn answering(response: ResponseTemplate) -> Result<(), SendError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .respond_with(response)
        .mount(&server)
        .await;
    send(&server).await
}

/// An error as Resend words it.
fn fails(status: u16, name: &str) -> ResponseTemplate {
    let body = json!({"statusCode": status, "name": name, "message": "no"});
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_message_is_sent_with_its_key_and_a_subject_of_one_line() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/emails"))
        .and(header("authorization", format!("Bearer {KEY}").as_str()))
        .and(header("idempotency-key", "018f-email"))
        .and(body_json(json!({
            "from": "Sundial <sundial@example.com>",
            "to": ["a@example.com", "b@example.com"],
            "subject": "asset_download failed",
            "text": "403\n\nJob: Assets\nBrand: Tea",
        })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": "49a3"})))
        .expect(1)
        .mount(&server)
        .await;

    send(&server).await.unwrap();
}

#[tokio::test]
async fn a_bad_field_is_refused_for_good_and_a_bad_setting_is_not() {
    for status in [400, 422] {
        let error = answering(fails(status, "validation_error"))
            .await
            .unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{error}");
    }
    for (status, name) in [
        (401, "missing_api_key"),
        (403, "invalid_api_key"),
        (500, "internal_server_error"),
    ] {
        let error = answering(fails(status, name)).await.unwrap_err();
        assert!(matches!(error, SendError::Failed { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn a_limit_says_for_how_long() {
    let response = fails(429, "rate_limit_exceeded").append_header("retry-after", "7");

    let error = answering(response).await.unwrap_err();

    assert!(matches!(error, SendError::Wait { delay, .. } if delay.as_secs() == 7));
}

#[tokio::test]
async fn silence_is_told_without_the_key() {
    let response = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));

    let error = answering(response).await.unwrap_err();

    assert!(matches!(error, SendError::Unreachable { .. }));
    let line = format!("{error} {error:?}");
    assert!(!line.contains(KEY), "{line}");
}
