//! The event a function is given for an HTTP request.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::lambda::Host;

/// Payload format 2.0.
pub(super) fn event(host: &Host, parts: &Parts, body: &Bytes) -> Value {
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
