//! JSON bodies: bounded, checked, and refused with the name of the field.

use axum::{
    extract::{DefaultBodyLimit, FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{FieldError, Problem};

/// The largest body in bytes. A job with every parameter set is below 4 KiB.
pub(crate) const BYTES_MAX: usize = 256 * 1024;

/// Longest part of what a caller sent that is repeated in an error, in characters.
const QUOTED_MAX: usize = 300;

/// Refuses larger bodies while they are read.
pub(crate) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BYTES_MAX)
}

/// A JSON body, as a type and as the bytes it was.
#[derive(Debug)]
pub(crate) struct JsonBody<T> {
    /// What it says.
    pub(crate) value: T,
    /// How it was said.
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned> JsonBody<T> {
    /// The body of a request with these headers, of which somebody has read the bytes.
    ///
    /// # Errors
    /// 415 when it does not say that it is JSON; 400 and 422 with the field that cannot be used.
    pub(crate) fn read(headers: &HeaderMap, bytes: Bytes) -> Result<Self, Problem> {
        require_json(headers)?;
        Ok(Self {
            value: parse(&bytes)?,
            bytes,
        })
    }

    /// The body that says `value`, checked like one that came as JSON.
    ///
    /// # Errors
    /// As of a request with this body.
    pub(crate) fn of(value: &Value) -> Result<Self, Problem> {
        let bytes = Bytes::from(value.to_string());
        Ok(Self {
            value: parse(&bytes)?,
            bytes,
        })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        Self::read(&headers, read(request, state).await?)
    }
}

/// A JSON body that may be left out, which means `{}`.
#[derive(Debug)]
pub(crate) struct OptionalJsonBody<T>(pub(crate) JsonBody<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(JsonBody {
                value: parse(b"{}")?,
                bytes,
            }));
        }
        require_json(&headers)?;
        Ok(Self(JsonBody {
            value: parse(&bytes)?,
            bytes,
        }))
    }
}

/// The bytes of a body.
///
/// # Errors
/// When they are too many, or break off.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = format!("the body is larger than {BYTES_MAX} bytes");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            } else {
                Problem::new(
                    StatusCode::BAD_REQUEST,
                    "invalid-request",
                    "the body broke off",
                )
            }
        })
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "send the body as `Content-Type: application/json`";
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not-json",
        detail,
    ))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the body is not JSON: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "not-json", detail)
    })?;
    if !value.is_object() {
        return Err(Problem::field("(body)", "must be a JSON object"));
    }
    if let Some(path) = path_of_nul(&value) {
        return Err(Problem::field(
            path,
            "must not contain the character U+0000",
        ));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let detail: String = error.inner().to_string().chars().take(QUOTED_MAX).collect();
        Problem::fields(vec![FieldError::new(field_name(&error, &detail), detail)])
    })
}

/// Serde reports a missing or unknown field at the object around it; callers want its own name.
fn field_name(error: &serde_path_to_error::Error<serde_json::Error>, detail: &str) -> String {
    let path = error.path().to_string();
    let named = ["missing field `", "unknown field `"]
        .iter()
        .find_map(|start| detail.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    match (path.as_str(), named) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => "(body)".to_owned(),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            format!("{path}.{name}")
        }
        _ => path,
    }
}

/// Where a text or a key holds U+0000, which PostgreSQL cannot keep. Serde has bounded the depth.
fn path_of_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            path_of_nul(item).map(|rest| join(&index.to_string(), &rest))
        }),
        Value::Object(fields) => fields.iter().find_map(|(key, item)| {
            if key.contains('\0') {
                return Some(key.replace('\0', "\u{fffd}"));
            }
            path_of_nul(item).map(|rest| join(key, &rest))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn join(key: &str, rest: &str) -> String {
    if rest.is_empty() {
        key.to_owned()
    } else {
        format!("{key}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Line {
        count: u32,
    }

    fn field_of(body: &[u8]) -> String {
        let problem = parse::<Order>(body).unwrap_err();
        format!("{problem:?}")
            .split("field: \"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .into()
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (body, field) in [
            (json!({}), "name"),
            (json!({ "name": 1 }), "name"),
            (json!({ "name": "a", "nmae": 1 }), "nmae"),
            (json!({ "name": "a", "lines": 1 }), "lines"),
            (
                json!({ "name": "a", "lines": [{ "count": "x" }] }),
                "lines[0].count",
            ),
            (
                json!({ "name": "a", "lines": [{ "cuont": 1 }] }),
                "lines[0].cuont",
            ),
            (json!({ "name": "a", "lines": [{}] }), "lines[0].count"),
            (json!({ "name": "a\u{0}" }), "name"),
            (json!([1]), "(body)"),
        ] {
            assert_eq!(field_of(body.to_string().as_bytes()), field, "{body}");
        }
    }

    #[test]
    fn a_nul_in_a_key_is_found_however_deep() {
        let value = json!({ "a": [{ "b\u{0}": 1 }] });

        assert_eq!(path_of_nul(&value).unwrap(), "a.0.b\u{fffd}");
    }
}
