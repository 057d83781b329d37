//! Exchanges with a method, headers, a body and a time limit of their own.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, header, method, path},
};

use super::super::{Call, Method, Outgoing};
use super::*;

fn call<'a>(url: &'a str, body: Outgoing) -> Call<'a> {
    Call {
        method: Method::POST,
        url,
        headers: &[("x-goog-api-key", "secret")],
        body,
        bytes_max: 10,
        timeout: Duration::from_secs(5),
    }
}

fn http(origin: &str) -> Http {
    let guard = UrlGuard::for_setting(&origin.parse().unwrap());
    Http::open(guard, QUICK)
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole_with_its_length_and_headers() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/a"))
        .and(header("content-length", "6"))
        .and(header("x-goog-api-key", "secret"))
        .and(body_string("abcdef"))
        .respond_with(ResponseTemplate::new(503).set_body_string("later"))
        .mount(&server)
        .await;
    let pieces = stream::iter(["abc", "def"].map(|it| Bytes::from_static(it.as_bytes())));
    let body = Outgoing::Pieces {
        bytes: 6,
        pieces: pieces.boxed(),
    };

    let url = format!("{}/a", server.uri());
    let answer = http(&server.uri()).call(call(&url, body)).await.unwrap();

    assert_eq!((answer.status, &answer.body[..]), (503, &b"later"[..]));
}

#[tokio::test]
async fn the_method_is_the_callers_and_a_call_without_a_body_says_so() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .and(header("content-length", "0"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;

    let url = format!("{}/a", server.uri());
    let call = Call {
        method: Method::DELETE,
        ..call(&url, Outgoing::Nothing)
    };
    assert_eq!(http(&server.uri()).call(call).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_call_waits_as_long_as_it_says_and_no_longer() {
    let silent = origin([("/a", says_then_waits(""))]).await;
    let silent = format!("http://{silent}");
    let url = format!("{silent}/a");
    for timeout in [Duration::from_millis(10), Duration::from_millis(300)] {
        let call = Call {
            timeout,
            ..call(&url, Outgoing::Nothing)
        };
        let before = Instant::now();
        let error = http(&silent).call(call).await.unwrap_err();
        let is_late = matches!(
            error,
            FetchError::DeadlinePassed | FetchError::TimedOut { .. }
        );
        assert!(is_late, "{error:?}");
        let took = before.elapsed();
        let longest = timeout + Duration::from_secs(5);
        assert!(took >= timeout && took < longest, "{took:?} {error:?}");
    }
}

#[tokio::test]
async fn a_call_reads_no_more_than_allowed_and_goes_nowhere_else() {
    let server = MockServer::start().await;
    Mock::given(path("/large"))
        .respond_with(ResponseTemplate::new(200).set_body_string("01234567890"))
        .mount(&server)
        .await;
    let http = http(&server.uri());

    let url = format!("{}/large", server.uri());
    let error = http.call(call(&url, Outgoing::Nothing)).await.unwrap_err();
    assert!(
        matches!(error, FetchError::TooLarge { bytes_max: 10 }),
        "{error:?}"
    );
    let elsewhere = call("https://example.com/a", Outgoing::Nothing);
    let error = http.call(elsewhere).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused(_)), "{error:?}");
}
