//! A function URL: HTTP in, an event of payload format 2.0 to the function, its answer back as HTTP.
//!
//! Not imitated: `AWS_IAM` authorisation, CORS settings, throttling, streaming (a streamed answer is
//! collected first), and the domain name: `Host` is whatever the caller used.
//!
//! **Source:** AWS, "Invoking Lambda function URLs", request and response payloads.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Host, Invocation, InvokeError, SYNC_BYTES_MAX};

/// Content type of a streamed answer. Source: `lambda_runtime`, streaming responses.
const STREAMED: &str = "application/vnd.awslambda.http-integration-response";

/// Between the prelude and the body of a streamed answer.
const PRELUDE_END: [u8; 8] = [0; 8];

/// Headers that describe the connection or the body's length, which are ours to set.
const OWN_HEADERS: [HeaderName; 3] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
];

pub(super) fn router(host: Host, function: String) -> Router {
    Router::new().fallback(move |request: Request| {
        let (host, function) = (host.clone(), function.clone());
        async move { serve(&host, &function, request).await }
    })
}

async fn serve(host: &Host, function: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, SYNC_BYTES_MAX).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let event = event(host, &parts, &body);
    match host.invoke(function, Bytes::from(event.to_string())).await {
        Ok(invocation) => answer(invocation).unwrap_or_else(bad_gateway),
        Err(InvokeError::PayloadTooLarge { .. }) => {
            message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long")
        }
        Err(InvokeError::QueueFull(_)) => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        Err(error @ (InvokeError::UnknownFunction(_) | InvokeError::ShuttingDown)) => {
            bad_gateway(error.to_string())
        }
    }
}

fn event(host: &Host, parts: &Parts, body: &Bytes) -> Value {
    let now = host.options.clock.now();
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(
            || "127.0.0.1".to_owned(),
            |ConnectInfo(address)| address.ip().to_string(),
        );
    let text = |name: HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let query = parts.uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.uri.path(),
        "rawQueryString": query,
        "headers": headers(&parts.headers, &peer),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": text(header::HOST).unwrap_or("localhost"),
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": format!("{:?}", parts.version),
                "sourceIp": peer,
                "userAgent": text(header::USER_AGENT).unwrap_or_default(),
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        set(&mut event, "cookies", json!(cookies));
    }
    if !query.is_empty() {
        set(&mut event, "queryStringParameters", query_parameters(query));
    }
    add_body(&mut event, text(header::CONTENT_TYPE), body);
    event
}

fn set(event: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = event {
        fields.insert(name.to_owned(), value);
    }
}

/// Repeated headers become one, joined by commas; cookies travel apart.
fn headers(headers: &HeaderMap, peer: &str) -> Map<String, Value> {
    let mut all = Map::new();
    for name in headers.keys().filter(|name| *name != header::COOKIE) {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        all.insert(name.as_str().to_owned(), Value::String(values.join(",")));
    }
    all.insert("x-forwarded-for".to_owned(), json!(peer));
    all.insert("x-forwarded-proto".to_owned(), json!("http"));
    all
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded; repeated parameters become one, joined by commas.
fn query_parameters(query: &str) -> Value {
    let mut all = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match all.get_mut(name.as_ref()) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => {
                all.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        }
    }
    Value::Object(all)
}

fn add_body(event: &mut Value, content_type: Option<&str>, body: &Bytes) {
    if body.is_empty() {
        return;
    }
    match std::str::from_utf8(body) {
        Ok(text) if content_type.is_some_and(is_text) => set(event, "body", json!(text)),
        _ => {
            set(event, "body", json!(STANDARD.encode(body)));
            set(event, "isBase64Encoded", json!(true));
        }
    }
}

fn is_text(content_type: &str) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
        ]
        .contains(&kind.as_str())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    multi_value_headers: Map<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The function's answer as HTTP, or why it is none.
fn answer(invocation: Invocation) -> Result<Response, String> {
    if let Some(error) = invocation.function_error {
        return Err(format!(
            "{error}: {}",
            String::from_utf8_lossy(&invocation.payload)
        ));
    }
    if invocation.content_type.as_deref() == Some(STREAMED) {
        return streamed(&invocation.payload);
    }
    match serde_json::from_slice::<Answer>(&invocation.payload) {
        Ok(answer) => {
            let body = answer.body.clone().unwrap_or_default();
            let body = match answer.is_base64_encoded {
                true => STANDARD
                    .decode(body)
                    .map_err(|error| format!("the body is not base64: {error}"))?,
                false => body.into_bytes(),
            };
            response(answer, Bytes::from(body))
        }
        // Without a status code the whole answer is the body.
        Err(_) => Ok((
            [(header::CONTENT_TYPE, "application/json")],
            invocation.payload,
        )
            .into_response()),
    }
}

fn streamed(payload: &Bytes) -> Result<Response, String> {
    let end = payload
        .windows(PRELUDE_END.len())
        .position(|window| window == PRELUDE_END)
        .ok_or("the streamed answer has no prelude")?;
    let (prelude, _) = payload.split_at(end);
    let answer = serde_json::from_slice(prelude)
        .map_err(|error| format!("the prelude is not as expected: {error}"))?;
    response(answer, payload.slice(end + PRELUDE_END.len()..))
}

fn response(answer: Answer, body: Bytes) -> Result<Response, String> {
    let status = StatusCode::from_u16(answer.status_code).map_err(|error| error.to_string())?;
    let mut headers = HeaderMap::new();
    for (name, value) in answer.headers.iter().chain(&answer.multi_value_headers) {
        let name: HeaderName = name
            .parse()
            .map_err(|_| format!("{name:?} is not a header's name"))?;
        for value in texts(value) {
            let value = HeaderValue::from_str(&value)
                .map_err(|_| format!("{value:?} is not a header's value"))?;
            if !OWN_HEADERS.contains(&name)
                && !headers.get_all(&name).iter().any(|before| *before == value)
            {
                headers.append(name.clone(), value);
            }
        }
    }
    for cookie in &answer.cookies {
        let cookie =
            HeaderValue::from_str(cookie).map_err(|_| format!("{cookie:?} is not a cookie"))?;
        headers.append(header::SET_COOKIE, cookie);
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    Ok((status, headers, Body::from(body)).into_response())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn bad_gateway(reason: String) -> Response {
    tracing::warn!("a function URL answers 502: {reason}");
    (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response()
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "Message": text }))).into_response()
}
