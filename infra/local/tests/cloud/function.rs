//! The functions under the host: this test binary itself, started again as a function by [`World`](crate::world).
//!
//! Under the ordinary test run neither does anything: without a Runtime API there is nobody to serve.

use std::io::Read;
use std::net::TcpStream;

use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Set by the host alone.
fn hosted() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

fn setting(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Does as the event says, and says on stdout what it was given.
#[tokio::test]
async fn serves_events() {
    if !hosted() {
        return;
    }
    if setting("FAKE_INIT").as_deref() == Some("abort") {
        eprintln!("no configuration");
        std::process::abort();
    }
    lambda_runtime::run(service_fn(obey)).await.unwrap();
}

#[expect(
    clippy::print_stdout,
    reason = "the tests listen to what functions write"
)]
async fn obey(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    let (event, context) = event.into_parts();
    println!("GOT {event}");
    match event["do"].as_str() {
        Some("fail") => Err("as asked".into()),
        Some("abort") => std::process::abort(),
        Some("hang") => std::future::pending().await,
        Some("fill") => Ok(json!("x".repeat(7 * 1024 * 1024))),
        Some("hold") => {
            // Open until this process ends.
            std::mem::forget(TcpStream::connect(event["gate"].as_str().unwrap())?);
            Ok(json!({ "pid": std::process::id() }))
        }
        Some("wait") => {
            let gate = event["gate"].as_str().unwrap().to_owned();
            // Until the test closes its end.
            tokio::task::spawn_blocking(move || TcpStream::connect(gate)?.read(&mut [0])).await??;
            Ok(json!({ "pid": std::process::id() }))
        }
        _ => Ok(json!({
            "pid": std::process::id(),
            "request_id": context.request_id,
            "deadline_ms": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "memory": context.env_config.memory,
            "environment": std::env::vars_os()
                .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
                .collect::<std::collections::BTreeMap<_, _>>(),
        })),
    }
}

/// Answers HTTP with what it saw of the request.
#[tokio::test]
async fn serves_http() {
    if !hosted() {
        return;
    }
    match setting("FAKE_HTTP").as_deref() {
        Some("plain") => lambda_runtime::run(service_fn(plain)).await.unwrap(),
        Some("streamed") => lambda_http::run_with_streaming_response(service_fn(mirror))
            .await
            .unwrap(),
        _ => lambda_http::run(service_fn(mirror)).await.unwrap(),
    }
}

async fn plain(event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    Ok(json!({ "event": event.payload }))
}

async fn mirror(request: Request) -> Result<Response<Body>, lambda_http::Error> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    match request.uri().path() {
        "/fail" => return Err("as asked".into()),
        "/binary" => {
            return Ok(Response::builder()
                .status(201)
                .header("content-type", "image/webp")
                .body(Body::Binary(vec![0, 159, 146, 150]))?);
        }
        _ => {}
    }
    let body = match request.body() {
        Body::Text(text) => json!({ "text": text }),
        Body::Binary(bytes) => json!({ "bytes": bytes }),
        _ => json!(null),
    };
    let seen = json!({
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "raw_path": request.raw_http_path(),
        "query": request.uri().query(),
        "a": request.query_string_parameters().first("a"),
        "cookie": header("cookie"),
        "repeated": header("x-repeated"),
        "host": header("host"),
        "body": body,
    });
    Ok(Response::builder()
        .status(203)
        .header("content-type", "application/json")
        .header("set-cookie", "a=1; Path=/")
        .header("set-cookie", "b=2; Path=/")
        .header("x-made-by", "mirror")
        .body(Body::Text(seen.to_string()))?)
}

/// Speaks the Runtime API by hand, and badly.
#[tokio::test]
async fn serves_badly() {
    let Some(api) = setting("AWS_LAMBDA_RUNTIME_API") else {
        return;
    };
    let runtime = format!("http://{api}/2018-06-01/runtime");
    let http = reqwest::Client::new();
    if setting("FAKE_RAW").as_deref() == Some("init_error") {
        let report = r#"{"errorType":"Config.Missing","errorMessage":"DATABASE_URL is not set"}"#;
        http.post(format!("{runtime}/init/error"))
            .body(report)
            .send()
            .await
            .unwrap();
        return;
    }
    let next = || http.get(format!("{runtime}/invocation/next")).send();
    let id = next().await.unwrap().headers()["lambda-runtime-aws-request-id"].clone();
    if setting("FAKE_RAW").as_deref() == Some("no_answer") {
        next().await.unwrap();
        return;
    }
    let answer = |id: &str, body: String| {
        http.post(format!("{runtime}/invocation/{id}/response"))
            .body(body)
            .send()
    };
    let refused = answer("somebody-elses", "0".to_owned())
        .await
        .unwrap()
        .status();
    answer(id.to_str().unwrap(), refused.as_u16().to_string())
        .await
        .unwrap();
    next().await.unwrap();
}
