//! The HTTP response a function's answer stands for.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::lambda::Invocation;

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
pub(super) fn answer(invocation: Invocation) -> Result<Response, String> {
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
