//! What the token itself must be for an account to be linked.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer,
    matchers::{path, query_param},
};

use super::{
    super::{
        super::ReasonCode,
        answer, meta, requests, says,
        tokens::{app, form},
    },
    good,
};

#[tokio::test]
async fn every_page_of_the_tokens_accounts_counts() {
    let server = MockServer::start().await;
    let story = good();
    Mock::given(path("/v25.0/me/adaccounts"))
        .and(query_param("after", "B"))
        .respond_with(story.listed)
        .mount(&server)
        .await;
    let first = json!({"data": [], "paging": {"cursors": {"after": "B"}, "next": "https://x"}});
    answer(&server, "/v25.0/me/adaccounts", says(&first)).await;
    answer(&server, "/v25.0/act_5", story.node).await;
    answer(&server, "/v25.0/act_5/ads", story.ads).await;
    answer(&server, "/v25.0/act_5/insights", story.insights).await;

    let checked = meta(&server).await.check_link("act_5", None).await;

    assert_eq!(checked.check.reason_code, ReasonCode::Ok);
    let account = checked.account.unwrap();
    assert_eq!(account.status(), Some(1));
    assert_eq!(account.timezone_name.as_deref(), Some("Europe/Berlin"));
}

/// The inspection of a token, and the words of the refusal, if it is refused.
#[tokio::test]
async fn a_token_must_be_good_ours_and_allowed_to_read_ads() {
    let ours = "700000000000001";
    for (token, refusal) in [
        (
            json!({"app_id": ours, "is_valid": true, "scopes": ["ads_read"]}),
            None,
        ),
        (
            json!({"app_id": ours, "is_valid": true, "scopes": ["ads_management"]}),
            None,
        ),
        (
            json!({"app_id": ours, "is_valid": true, "scopes": ["pages_show_list"]}),
            Some("neither ads_read"),
        ),
        (
            json!({"app_id": "7", "is_valid": true, "scopes": ["ads_read"]}),
            Some("another app"),
        ),
        (
            json!({"app_id": ours, "is_valid": false, "scopes": ["ads_read"],
                "error": {"code": 190, "message": "expired"}}),
            Some("expired"),
        ),
        (
            json!({"app_id": ours, "scopes": ["ads_read"]}),
            Some("not valid"),
        ),
    ] {
        let server = MockServer::start().await;
        let body: Value = json!({ "data": token });
        form(&server, "/v25.0/debug_token", says(&body)).await;
        let story = good();
        answer(&server, "/v25.0/act_5", story.node).await;
        answer(&server, "/v25.0/me/adaccounts", story.listed).await;
        answer(&server, "/v25.0/act_5/ads", story.ads).await;
        answer(&server, "/v25.0/act_5/insights", story.insights).await;

        let check = meta(&server).await.check_link("act_5", Some(&app())).await;

        let error = check.check.error.unwrap_or_default();
        match refusal {
            None => assert_eq!(check.check.reason_code, ReasonCode::Ok, "{token}: {error}"),
            Some(words) => {
                assert_eq!(check.check.reason_code, ReasonCode::NoAccess, "{token}");
                assert!(error.contains(words), "{token}: {error}");
                assert_eq!(requests(&server).await.len(), 1, "nothing is read with it");
            }
        }
    }
}
