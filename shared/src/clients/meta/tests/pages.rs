//! Lists in pages.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{path, query_param},
};

use super::{
    super::{Class, MetaError},
    TOKEN, answer, meta,
    numbers::question,
    requests, says,
};
use crate::domain::slices::Kind;

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

#[tokio::test]
async fn members_that_are_odd_are_left_out_and_counted() {
    let server = MockServer::start().await;
    let row = json!({"ad_id": "1", "date_start": "2026-04-01", "actions": [{"action_type": "add_to_cart", "value": "3"}]});
    let body = json!({"data": [row, "odd", {"ad_id": "x", "date_start": "2026-04-01"}, null]});
    answer(&server, "/v25.0/act_5/insights", says(&body)).await;

    let page = meta(&server)
        .await
        .insights("act_5", &question(Kind::Performance), (5, None))
        .await
        .unwrap();

    assert_eq!((page.members.len(), page.rejected), (1, 3));
    assert_eq!(page.members[0].performance.add_to_carts, Some(3));
}

#[tokio::test]
async fn a_list_with_an_error_or_a_fault_in_it_is_no_list() {
    for (body, class) in [
        (
            r#"{"data":[],"error":{"code":190,"message":"gone"}}"#,
            Class::Auth,
        ),
        (r#"{"data":[{"ad_id":"1"}"#, Class::Transient),
        (r#"{"data":[{"ad_id":"1"]}"#, Class::Transient),
        (r#"{"data":[],"paging":7}"#, Class::Permanent),
    ] {
        let server = MockServer::start().await;
        let says = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        answer(&server, "/v25.0/act_5/insights", says).await;

        let answered = meta(&server)
            .await
            .insights("act_5", &question(Kind::Performance), (5, None))
            .await;

        assert_eq!(answered.unwrap_err().class(), class, "{body}");
    }
}
