//! Function URL events in, answers out.
//!
//! The translation is ours because `lambda_http`'s panics on what strangers can send: a body that
//! claims to be base64 and is not, and a `Host` or `X-Forwarded-Proto` that does not make an
//! address (both seen in 1.3.2). Here every event gets an answer.
//!
//! Cookies travel apart from the other headers, in both directions.
//! **Source:** AWS, "Invoking Lambda function URLs", payload format 2.0.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{self, Entry},
    },
    response::IntoResponse,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::BodyExt;
use lambda_http::{
    LambdaEvent,
    aws_lambda_events::{
        apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
        encodings,
    },
    lambda_runtime, service_fn,
    tower::ServiceExt,
};
use serde_json::Value;

use crate::problem::Problem;

/// Serves `router` until the host stops the process.
///
/// # Errors
/// When the Runtime API cannot be reached.
pub async fn serve(router: Router) -> anyhow::Result<()> {
    let service =
        service_fn(move |event: LambdaEvent<Value>| answer(router.clone(), event.payload));
    lambda_runtime::run(service)
        .await
        .map_err(|error| anyhow::anyhow!(error))
}

/// Answers one event.
///
/// # Errors
/// When an answer's body breaks off, which ours never do.
pub async fn answer(
    router: Router,
    event: Value,
) -> Result<ApiGatewayV2httpResponse, lambda_http::Error> {
    let response = match read(event) {
        Ok(request) => match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Err(problem) => problem.into_response(),
    };
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();

    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    let mut headers = parts.headers;
    if let Entry::Occupied(cookies) = headers.entry(header::SET_COOKIE) {
        let (_, values) = cookies.remove_entry_mult();
        let values = values.filter_map(|value| value.to_str().ok().map(str::to_owned));
        answer.cookies = values.collect();
    }
    // Every answer of ours is text, until it is compressed.
    answer.is_base64_encoded = headers.contains_key(header::CONTENT_ENCODING);
    answer.body = Some(if answer.is_base64_encoded {
        encodings::Body::Binary(body.to_vec())
    } else {
        encodings::Body::Text(String::from_utf8_lossy(&body).into_owned())
    });
    answer.headers = headers;
    Ok(answer)
}

fn read(mut event: Value) -> Result<Request, Problem> {
    let body = read_body(&mut event)?;
    let event: ApiGatewayV2httpRequest = serde_json::from_value(event)
        .map_err(|_| refusal("the event is not a request of a function URL"))?;

    let path = event
        .raw_path
        .filter(|path| path.starts_with('/'))
        .unwrap_or_else(|| "/".into());
    let address = match event.raw_query_string.filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut request = Request::builder()
        .method(event.request_context.http.method)
        .uri(address)
        .body(Body::from(body))
        .map_err(|_| refusal("the path or the query is not an address"))?;
    *request.headers_mut() = event.headers;
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty()) {
        let cookies = HeaderValue::from_str(&cookies.join("; "))
            .map_err(|_| refusal("a cookie has a character that cookies must not have"))?;
        request.headers_mut().insert(header::COOKIE, cookies);
    }
    Ok(request)
}

fn read_body(event: &mut Value) -> Result<Vec<u8>, Problem> {
    let is_base64 = event.get("isBase64Encoded") == Some(&Value::Bool(true));
    let body = event.get_mut("body").map(Value::take);
    match body {
        Some(Value::String(text)) if is_base64 => BASE64_STANDARD
            .decode(text)
            .map_err(|_| refusal("the body claims to be base64 and is not")),
        Some(Value::String(text)) => Ok(text.into_bytes()),
        Some(Value::Null) | None => Ok(Vec::new()),
        Some(_) => Err(refusal("the body of the event is not a text")),
    }
}

fn refusal(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-request", detail)
}
