//! The Invoke API, as `aws lambda invoke` speaks it.

use base64::Engine;
use serde_json::{Value, json};

use crate::world::{function, heard, host, serve};

const PATH: &str = "2015-03-31/functions";

#[tokio::test]
async fn the_three_kinds_of_invocation_answer_200_202_and_204() {
    let host = host(vec![function("one", "serves_events")]).await;
    let mut logs = host.logs();
    let url = format!("{}/{PATH}/one/invocations", serve(host.api_router()).await);
    let http = reqwest::Client::new();

    let answer = http.post(&url).body(r#"{"n":1}"#).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-executed-version"], "$LATEST");
    assert_eq!(answer.headers().get("x-amz-function-error"), None);
    let request_id = answer.headers()["x-amzn-requestid"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        answer.json::<Value>().await.unwrap()["request_id"],
        request_id
    );
    assert_eq!(heard(&mut logs).await, json!({ "n": 1 }));

    let answer = http
        .post(&url)
        .header("x-amz-invocation-type", "Event")
        .body(r#"{"n":2}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.text().await.unwrap(), "");
    assert_eq!(heard(&mut logs).await, json!({ "n": 2 }));

    let answer = http
        .post(&url)
        .header("x-amz-invocation-type", "DryRun")
        .body(r#"{"n":3}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);

    let answer = http.post(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        heard(&mut logs).await,
        json!({}),
        "a dry run ran, or no payload is not {{}}"
    );
}

#[tokio::test]
async fn a_failed_function_is_200_with_a_header_and_its_log_on_demand() {
    let host = host(vec![function("one", "serves_events")]).await;
    let url = format!(
        "{}/{PATH}/{}/invocations",
        serve(host.api_router()).await,
        host.arn("one")
    );

    let request = reqwest::Client::new()
        .post(&url)
        .header("x-amz-log-type", "Tail")
        .body(r#"{"do":"fail"}"#);
    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    let log =
        base64::engine::general_purpose::STANDARD.decode(&answer.headers()["x-amz-log-result"]);
    assert!(log.is_ok(), "the log is not base64");
}

#[tokio::test]
async fn requests_lambda_would_refuse_are_refused_with_its_error_types() {
    let host = host(vec![function("one", "serves_events")]).await;
    let base = format!("{}/{PATH}", serve(host.api_router()).await);
    let http = reqwest::Client::new();
    let large = format!("\"{}\"", "x".repeat(7 * 1024 * 1024));
    let large_event = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));

    for (name, kind, body, status, error) in [
        (
            "nobody",
            "RequestResponse",
            "{}",
            404,
            "ResourceNotFoundException",
        ),
        ("nobody", "Event", "{}", 404, "ResourceNotFoundException"),
        ("nobody", "DryRun", "{}", 404, "ResourceNotFoundException"),
        (
            "one",
            "RequestResponse",
            "not json",
            400,
            "InvalidRequestContentException",
        ),
        ("one", "Sometimes", "{}", 400, "ValidationException"),
        (
            "one",
            "RequestResponse",
            large.as_str(),
            413,
            "RequestTooLargeException",
        ),
        (
            "one",
            "Event",
            large_event.as_str(),
            413,
            "RequestTooLargeException",
        ),
    ] {
        let request = http
            .post(format!("{base}/{name}/invocations"))
            .header("x-amz-invocation-type", kind);
        let answer = request.body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{name} {kind}");
        assert_eq!(answer.headers()["x-amzn-errortype"], error, "{name} {kind}");
    }
}
