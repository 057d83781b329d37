//! Exchanges and inspections of tokens.

use std::time::Duration;

use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, header, method, path},
};

use super::{
    super::{App, Class, Inspection},
    TOKEN, meta, requests, says,
};
use crate::config::{self, Secret};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn app() -> App {
    let config = config::Meta {
        app_id: Some("700000000000001".into()),
        app_secret: Some(Secret::new(SECRET)),
        ..config::Meta::nowhere()
    };
    App::of(&config).unwrap()
}

/// Answers forms at a place.
pub(super) async fn form(server: &MockServer, place: &str, response: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(place))
        .respond_with(response)
        .mount(server)
        .await;
}

#[tokio::test]
async fn an_exchange_puts_its_secrets_into_a_form_and_none_into_the_address() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v25.0/oauth/access_token"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string_contains("grant_type=fb_exchange_token"))
        .and(body_string_contains("client_id=700000000000001"))
        .and(body_string_contains(format!("client_secret={SECRET}")))
        .and(body_string_contains(format!("fb_exchange_token={TOKEN}")))
        .respond_with(says(
            &json!({"access_token": "EAAlonger", "token_type": "bearer", "expires_in": 5_183_944}),
        ))
        .mount(&server)
        .await;

    let extended = meta(&server).await.exchange(&app()).await.unwrap();

    assert_eq!(extended.token.expose(), "EAAlonger");
    assert_eq!(extended.lasts, Some(Duration::from_secs(5_183_944)));
    assert!(!format!("{extended:?}").contains("EAA"), "{extended:?}");
    for request in requests(&server).await {
        assert_eq!(request.url.query(), None);
        assert!(!request.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn a_token_without_an_end_is_told_from_an_answer_without_a_token() {
    for (body, wanted) in [
        (json!({"access_token": "EAAx"}), Some(None)),
        (json!({"access_token": "EAAx", "expires_in": 0}), Some(None)),
        (json!({"expires_in": 60}), None),
        (json!({"access_token": ""}), None),
    ] {
        let server = MockServer::start().await;
        form(&server, "/v25.0/oauth/access_token", says(&body)).await;
        let extended = meta(&server).await.exchange(&app()).await;
        assert_eq!(extended.ok().map(|it| it.lasts), wanted, "{body}");
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_and_a_passing_fault_is_tried_again() {
    for (status, code, class, calls) in [(400, 190, Class::Auth, 1), (500, 2, Class::Transient, 3)]
    {
        let server = MockServer::start().await;
        let body = json!({"error": {"message": format!("{TOKEN} is bad"), "code": code}});
        let answer = ResponseTemplate::new(status).set_body_json(&body);
        form(&server, "/v25.0/oauth/access_token", answer).await;

        let error = meta(&server).await.exchange(&app()).await.unwrap_err();

        assert_eq!(error.class(), class);
        assert!(!error.to_string().contains(TOKEN), "{error}");
        assert_eq!(requests(&server).await.len(), calls, "{code}");
    }
}

#[tokio::test]
async fn an_inspection_asks_with_the_apps_own_token() {
    let server = MockServer::start().await;
    let token = format!("Bearer 700000000000001|{SECRET}");
    let data = json!({"data": {"app_id": 700_000_000_000_001_i64, "is_valid": true,
        "expires_at": 1_789_000_000, "issued_at": 1_783_816_000, "scopes": ["ads_read"]}});
    Mock::given(method("POST"))
        .and(path("/v25.0/debug_token"))
        .and(header("authorization", token.as_str()))
        .and(body_string_contains("method=GET"))
        .and(body_string_contains(format!("input_token={TOKEN}")))
        .respond_with(says(&data))
        .mount(&server)
        .await;

    let seen = meta(&server).await.inspect(&app()).await.unwrap();

    assert_eq!(
        seen,
        Inspection {
            is_valid: true,
            app_id: Some("700000000000001".into()),
            expires_at: Some("2026-09-10T00:26:40Z".parse().unwrap()),
            issued_at: Some("2026-07-12T00:26:40Z".parse().unwrap()),
            scopes: vec!["ads_read".into()],
            error: None,
        }
    );
    assert!(seen.may_read_ads());
    assert_eq!(requests(&server).await[0].url.query(), None);
}

#[tokio::test]
async fn a_token_that_is_no_good_is_an_inspection_that_says_so() {
    let server = MockServer::start().await;
    let data = json!({"data": {"app_id": "1", "is_valid": false, "expires_at": 0, "scopes": [],
        "error": {"code": 190, "subcode": 463, "message": "Session has expired"}}});
    form(&server, "/v25.0/debug_token", says(&data)).await;

    let seen = meta(&server).await.inspect(&app()).await.unwrap();

    assert!(!seen.is_valid && seen.expires_at.is_none());
    assert!(seen.error.unwrap().contains("Session has expired"));
}
