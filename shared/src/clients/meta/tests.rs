//! Reads of a Graph API with recorded answers.

mod link;
mod numbers;
mod objects;
mod pages;
mod throttles;
mod tokens;

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use super::{super::http::Limits, *};

const TOKEN: &str = "EAAtesttokentesttokentesttoken";

async fn meta(server: &MockServer) -> Meta {
    let http = Http::open(UrlGuard::new(&[], &[]).unwrap(), Limits::STANDARD);
    let access = config::Meta::at(server.uri().parse().unwrap());
    let mut meta = Meta::open(&access, &Secret::new(TOKEN), &http);
    meta.retry_wait = Duration::ZERO;
    meta
}

async fn answer(server: &MockServer, place: &str, response: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(place))
        .respond_with(response)
        .mount(server)
        .await;
}

fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn fails(status: u16, code: i64) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {"message": "no", "code": code}}))
}

async fn requests(server: &MockServer) -> Vec<wiremock::Request> {
    server.received_requests().await.unwrap()
}

#[test]
fn the_proof_matches_its_vector() {
    // RFC-style vector: fake secret and token, computed with another implementation.
    assert_eq!(
        appsecret_proof(
            &Secret::new("gdrtejfdghurnhnjghjnertihbknlrvv"),
            &Secret::new("bekguvjhdvdburldfnrfdguljijenklc")
        ),
        "031fbfeb2e7498b0ed1eed93b5aab2939d01ece4abde9ba465770ece9f973fb0"
    );
}

#[tokio::test]
async fn creatives_are_read_by_ad_in_groups_with_the_token_in_the_header_only() {
    let server = MockServer::start().await;
    let body = json!({"data": [
        {"id": "1", "creative": {"id": "91", "video_id": "7"}}, {"id": "2"}, "odd", {"creative": {"id": "93"}},
    ]});
    answer(&server, "/v25.0/act_5/ads", says(&body)).await;
    let ads: Vec<_> = (1..=51).map(|n| n.to_string()).collect();
    let ads: Vec<_> = ads.iter().map(String::as_str).collect();

    let found = meta(&server).await.creatives("act_5", &ads).await.unwrap();

    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["1"],
        "an ad without a creative is left out"
    );
    let requests = requests(&server).await;
    assert_eq!(requests.len(), 2, "51 ads are two groups");
    for request in &requests {
        assert_eq!(
            request.headers["authorization"],
            format!("Bearer {TOKEN}").as_str()
        );
        assert!(!request.url.as_str().contains("token"), "{}", request.url);
    }
    let (_, filtering) = requests[1]
        .url
        .query_pairs()
        .find(|(name, _)| name == "filtering")
        .unwrap();
    assert_eq!(
        filtering,
        r#"[{"field":"id","operator":"IN","value":["51"]}]"#
    );
}

#[tokio::test]
async fn a_proof_goes_with_every_call_when_there_is_a_secret() {
    let server = MockServer::start().await;
    answer(
        &server,
        "/v25.0/7",
        says(&json!({"id": "7", "source": "https://v.fbcdn.net/a", "length": 24.024})),
    )
    .await;
    let mut meta = meta(&server).await;
    meta.proof = Some(appsecret_proof(&Secret::new("secret"), &Secret::new(TOKEN)));
    let video = meta.video("7").await.unwrap();
    assert_eq!(
        (video.source.as_deref(), video.length),
        (Some("https://v.fbcdn.net/a"), Some(24.024))
    );
    assert!(
        requests(&server).await[0]
            .url
            .query()
            .unwrap()
            .contains("appsecret_proof=")
    );
}

#[tokio::test]
async fn a_passing_fault_is_tried_again_and_a_lasting_one_is_not() {
    let server = MockServer::start().await;
    Mock::given(path("/v25.0/7"))
        .respond_with(fails(400, 2))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/v25.0/7"))
        .respond_with(ResponseTemplate::new(502).set_body_string("<html>"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    answer(&server, "/v25.0/7", says(&json!({"id": "7"}))).await;
    assert!(meta(&server).await.video("7").await.is_ok());

    answer(&server, "/v25.0/8", fails(400, 190)).await;
    assert_eq!(
        meta(&server).await.video("8").await.unwrap_err().class(),
        Class::Auth
    );
    assert_eq!(requests(&server).await.len(), 4);
}

#[tokio::test]
async fn a_lasting_passing_fault_is_given_up_after_three_tries() {
    let server = MockServer::start().await;
    answer(&server, "/v25.0/7", ResponseTemplate::new(200)).await;
    let error = meta(&server).await.video("7").await.unwrap_err();
    assert!(
        matches!(error, MetaError::NotJson { status: 200 }),
        "{error:?}"
    );
    assert_eq!(requests(&server).await.len(), 3);
}

#[tokio::test]
async fn an_error_object_counts_whatever_the_status() {
    let server = MockServer::start().await;
    answer(&server, "/v25.0/7", fails(200, 10)).await;
    assert_eq!(
        meta(&server).await.video("7").await.unwrap_err().class(),
        Class::Permission
    );
}

#[tokio::test]
async fn a_throttled_answer_says_how_long_to_wait() {
    let server = MockServer::start().await;
    let usage = r#"{"5":[{"call_count":100,"estimated_time_to_regain_access":38}]}"#;
    answer(
        &server,
        "/v25.0/7",
        fails(400, 80004).insert_header("x-business-use-case-usage", usage),
    )
    .await;
    answer(&server, "/v25.0/8", fails(400, 17)).await;
    let meta = meta(&server).await;
    let error = meta.video("7").await.unwrap_err();
    assert_eq!(
        (error.class(), error.pause()),
        (Class::Throttled, Duration::from_secs(38 * 60))
    );
    assert_eq!(meta.advice(), Advice::Park(Duration::from_secs(38 * 60)));
    assert_eq!(
        meta.video("8").await.unwrap_err().pause(),
        Duration::from_secs(5 * 60),
        "without a header"
    );
    assert_eq!(meta.throttles().total(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let server = MockServer::start().await;
    let elsewhere = format!("{}/v25.0/8", server.uri());
    answer(
        &server,
        "/v25.0/7",
        ResponseTemplate::new(302).insert_header("location", elsewhere),
    )
    .await;
    assert!(meta(&server).await.video("7").await.is_err());
    assert!(
        requests(&server)
            .await
            .iter()
            .all(|request| request.url.path() == "/v25.0/7")
    );
}

#[tokio::test]
async fn ids_that_are_no_ids_never_leave_the_house() {
    let server = MockServer::start().await;
    let meta = meta(&server).await;
    for id in ["", "7/../8", "7?x", "a", "1_2_3", "1_", &"7".repeat(33)] {
        assert!(
            matches!(meta.video(id).await, Err(MetaError::BadId(_))),
            "{id}"
        );
    }
    for account in ["5", "act_", "act_5/x", "act_x"] {
        assert!(
            matches!(
                meta.creatives(account, &["1"]).await,
                Err(MetaError::BadId(_))
            ),
            "{account}"
        );
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_post_gives_its_attachment_before_its_full_picture() {
    let server = MockServer::start().await;
    let attachments = json!({"data": [{"media": {"image": {"src": "https://a.fbcdn.net/1"}}}]});
    answer(
        &server,
        "/v25.0/9_1",
        says(&json!({"full_picture": "https://a.fbcdn.net/2", "attachments": attachments})),
    )
    .await;
    answer(
        &server,
        "/v25.0/9_2",
        says(&json!({"full_picture": "https://a.fbcdn.net/2"})),
    )
    .await;
    answer(&server, "/v25.0/9_3", says(&json!({"id": "9_3"}))).await;
    let meta = meta(&server).await;
    assert_eq!(
        meta.post_picture("9_1").await.unwrap().unwrap(),
        "https://a.fbcdn.net/1"
    );
    assert_eq!(
        meta.post_picture("9_2").await.unwrap().unwrap(),
        "https://a.fbcdn.net/2"
    );
    assert_eq!(meta.post_picture("9_3").await.unwrap(), None);
}

#[tokio::test]
async fn nothing_printed_holds_the_token() {
    let server = MockServer::start().await;
    let quoted =
        json!({"error": {"message": format!("Malformed access token {TOKEN}"), "code": 190}});
    Mock::given(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .respond_with(ResponseTemplate::new(400).set_body_json(quoted))
        .mount(&server)
        .await;
    let mut meta = meta(&server).await;
    meta.proof = Some(appsecret_proof(&Secret::new("secret"), &Secret::new(TOKEN)));
    let error = meta.video("7").await.unwrap_err();
    let printed = format!("{error} {error:?} {meta:?}");
    assert!(
        !printed.contains(TOKEN) && !printed.contains(meta.proof.as_deref().unwrap()),
        "{printed}"
    );

    meta.base = "http://127.0.0.1:9/".parse().unwrap();
    let refused = meta.video("7").await.unwrap_err();
    assert!(
        !format!("{refused} {refused:?}").contains("appsecret_proof"),
        "{refused:?}"
    );
}
