//! Lists in pages.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use wiremock::{
    Mock, MockServer, Request,
    matchers::{path, query_param},
};

use super::{super::MetaError, TOKEN, answer, meta, requests, says};

#[tokio::test]
async fn pages_are_rebuilt_from_the_cursor_and_visited_once() {
    let server = MockServer::start().await;
    let next = format!(
        "{}/v25.0/elsewhere?access_token={TOKEN}&after=B",
        server.uri()
    );
    let first =
        json!({"data": [{"hash": "1"}], "paging": {"cursors": {"after": "B"}, "next": next}});
    let empty = json!({"data": [], "paging": {"cursors": {"after": "C"}, "next": next}});
    let last =
        json!({"data": [{"hash": "2", "width": 1200}], "paging": {"cursors": {"after": "D"}}});
    for (after, body) in [("B", &empty), ("C", &last)] {
        Mock::given(path("/v25.0/act_5/adimages"))
            .and(query_param("after", after))
            .respond_with(says(body))
            .mount(&server)
            .await;
    }
    answer(&server, "/v25.0/act_5/adimages", says(&first)).await;

    let found = meta(&server)
        .await
        .images("act_5", &["1", "2"])
        .await
        .unwrap();

    assert_eq!((found.len(), found["2"].width), (2, Some(1200)));
    let requests = requests(&server).await;
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| !request.url.as_str().contains(TOKEN))
    );
}

#[tokio::test]
async fn pages_that_repeat_their_cursor_are_an_error() {
    let server = MockServer::start().await;
    let body = json!({"data": [], "paging": {"cursors": {"after": "B"}, "next": "x"}});
    answer(&server, "/v25.0/act_5/advideos", says(&body)).await;
    let error = meta(&server)
        .await
        .videos("act_5", &["1"])
        .await
        .unwrap_err();
    assert!(matches!(error, MetaError::EndlessPages { .. }), "{error:?}");
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn pages_without_end_are_an_error() {
    let server = MockServer::start().await;
    let turn = AtomicUsize::new(0);
    let respond = move |_: &Request| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        says(&json!({"data": [], "paging": {"cursors": {"after": turn.to_string()}, "next": "x"}}))
    };
    Mock::given(path("/v25.0/act_5/advideos"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let error = meta(&server)
        .await
        .videos("act_5", &["1"])
        .await
        .unwrap_err();
    assert!(matches!(error, MetaError::EndlessPages { .. }), "{error:?}");
}
