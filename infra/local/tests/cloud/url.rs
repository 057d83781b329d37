//! Function URLs: HTTP in, HTTP out, through the real `lambda_http`.

use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};
use sundial_local::lambda::Host;

use crate::world::{function, host, serve};

async fn served(mode: &str) -> (Host, String) {
    let mut spec = function("web", "serves_http");
    spec.environment = vec![("FAKE_HTTP".to_owned(), mode.to_owned())];
    let host = host(vec![spec]).await;
    let url = serve(host.url_router("web")).await;
    (host, url)
}

#[tokio::test]
async fn a_request_arrives_whole_and_its_answer_comes_back_whole() {
    let (_host, url) = served("").await;
    let request = reqwest::Client::new()
        .put(format!("{url}/runs/a%20b?a=1&a=2&b=%C3%A4"))
        .header("cookie", "x=1; y=2")
        .header("x-repeated", "one")
        .header("x-repeated", "two")
        .header("content-type", "application/json; charset=utf-8")
        .body(r#"{"n":1}"#);

    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), 203);
    assert_eq!(answer.headers()["x-made-by"], "mirror");
    let cookies: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2; Path=/"]);
    let seen: Value = answer.json().await.unwrap();
    assert_eq!(seen["method"], "PUT");
    assert_eq!(seen["path"], "/runs/a%20b");
    assert_eq!(seen["query"], "a=1&a=2&b=%C3%A4");
    assert_eq!(seen["cookie"], "x=1; y=2");
    assert_eq!(seen["repeated"], "one,two");
    assert_eq!(seen["host"], url.strip_prefix("http://").unwrap());
    assert_eq!(seen["body"], json!({ "text": r#"{"n":1}"# }));
}

#[tokio::test]
async fn bytes_that_are_no_text_travel_both_ways() {
    let (_host, url) = served("").await;
    let http = reqwest::Client::new();

    let seen: Value = http
        .post(&url)
        .body(vec![0, 255, 1])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(seen["body"], json!({ "bytes": [0, 255, 1] }));

    let answer = http.get(format!("{url}/binary")).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.bytes().await.unwrap().as_ref(), [0, 159, 146, 150]);
}

#[tokio::test]
async fn a_streamed_answer_is_the_same_answer() {
    let (_host, url) = served("streamed").await;
    let answer = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(answer.status(), 203);
    assert_eq!(answer.headers().get_all(SET_COOKIE).iter().count(), 2);
    assert_eq!(answer.json::<Value>().await.unwrap()["path"], "/x");
}

#[tokio::test]
async fn the_event_is_of_payload_format_2() {
    let (_host, url) = served("plain").await;
    let request = reqwest::Client::new().get(format!("{url}/a%20b?x=1&y=%20&x=2"));
    let request = request
        .header("cookie", "a=1; b=2")
        .header("user-agent", "test");

    let answer: Value = request.send().await.unwrap().json().await.unwrap();

    let event = &answer["event"];
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/a%20b");
    assert_eq!(event["rawQueryString"], "x=1&y=%20&x=2");
    assert_eq!(
        event["queryStringParameters"],
        json!({ "x": "1,2", "y": " " })
    );
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"].get("cookie"), None, "cookies travel apart");
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event.get("body"), None);
    let http = &event["requestContext"]["http"];
    let expected = json!({
        "method": "GET", "path": "/a%20b", "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1", "userAgent": "test",
    });
    assert_eq!(*http, expected);
}

#[tokio::test]
async fn an_answer_without_a_status_is_json_and_200() {
    let (_host, url) = served("plain").await;
    let answer = reqwest::get(format!("{url}/here")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(
        answer.json::<Value>().await.unwrap()["event"]["rawPath"],
        "/here"
    );
}

#[tokio::test]
async fn a_failed_function_is_502_and_a_large_body_413() {
    let (_host, url) = served("").await;
    let http = reqwest::Client::new();
    assert_eq!(
        http.get(format!("{url}/fail"))
            .send()
            .await
            .unwrap()
            .status(),
        502
    );
    let answer = http
        .post(&url)
        .body(vec![b'x'; 7 * 1024 * 1024])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
}
