//! The wire: AWS JSON 1.1. Finds the operation, reads its request, writes its answer.

use std::sync::PoisonError;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::EventBridge;
use super::error::ApiError;

/// Largest request read: ten entries of events at their largest, escaped as JSON text.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest token for a further page, as in the API model.
pub(super) const TOKEN_CHARS_MAX: usize = 2048;

/// Most items of a page. **Source:** AWS, API model, `LimitMax100`.
pub(super) const PAGE_MAX: i64 = 100;

/// Names counted, so that a caller's inventions cannot fill the memory. AWS has 57 operations.
const OPERATIONS_MAX: usize = 100;

pub(super) fn router(bridge: EventBridge) -> Router {
    Router::new().route("/", post(serve)).with_state(bridge)
}

pub(super) fn headers() -> [(HeaderName, String); 2] {
    [
        (
            header::CONTENT_TYPE,
            "application/x-amz-json-1.1".to_owned(),
        ),
        (
            HeaderName::from_static("x-amzn-requestid"),
            Uuid::new_v4().to_string(),
        ),
    ]
}

async fn serve(State(bridge): State<EventBridge>, request: HeaderMap, body: Body) -> Response {
    let target = request
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Ok(body) = to_bytes(body, REQUEST_BYTES_MAX).await else {
        return ApiError::validation("Total size of the entries in the request is over the limit.")
            .into_response();
    };
    let operation = target.strip_prefix("AWSEvents.").unwrap_or_default();
    bridge.count(operation);
    match bridge.perform(operation, if body.is_empty() { b"{}" } else { &body }) {
        Ok(Value::Null) => (StatusCode::OK, headers()).into_response(),
        Ok(answer) => (StatusCode::OK, headers(), answer.to_string()).into_response(),
        Err(error) => error.into_response(),
    }
}

impl EventBridge {
    fn count(&self, operation: &str) {
        let mut calls = self.0.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < OPERATIONS_MAX || calls.contains_key(operation) {
            *calls.entry(operation.to_owned()).or_default() += 1;
        }
    }

    fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, ApiError> {
        match operation {
            "PutRule" => self.put_rule(read(body)?),
            "DescribeRule" => self.describe_rule(read(body)?),
            "ListRules" => self.list_rules(read(body)?),
            "EnableRule" => self.set_state(read(body)?, "ENABLED"),
            "DisableRule" => self.set_state(read(body)?, "DISABLED"),
            "DeleteRule" => self.delete_rule(read(body)?),
            "PutTargets" => self.put_targets(read(body)?),
            "RemoveTargets" => self.remove_targets(read(body)?),
            "ListTargetsByRule" => self.list_targets_by_rule(read(body)?),
            "ListRuleNamesByTarget" => self.list_rule_names_by_target(read(body)?),
            "PutEvents" => self.put_events(read(body)?),
            "TestEventPattern" => self.test_event_pattern(read(body)?),
            "CreateEventBus" => self.create_event_bus(read(body)?),
            "DescribeEventBus" => self.describe_event_bus(read(body)?),
            "ListEventBuses" => self.list_event_buses(read(body)?),
            "DeleteEventBus" => self.delete_event_bus(read(body)?),
            "TagResource" => self.tag_resource(read(body)?),
            "UntagResource" => self.untag_resource(read(body)?),
            "ListTagsForResource" => self.list_tags_for_resource(read(body)?),
            _ => Err(ApiError::new("UnknownOperationException", "")),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::new("SerializationException", error.to_string()))
}

/// One page of items in the order of their keys, and the token of the next page, if any.
///
/// # Errors
/// `ValidationException` when the token is not one of ours.
pub(super) fn page<T>(
    items: impl Iterator<Item = (String, T)>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let after = token.map(key_of).transpose()?;
    let limit = usize::try_from(limit.unwrap_or(PAGE_MAX)).unwrap_or_default();
    let mut rest = items.skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after));
    let (keys, page): (Vec<_>, Vec<_>) = rest.by_ref().take(limit).unzip();
    let more = rest.next().is_some();
    Ok((page, keys.last().filter(|_| more).map(|key| token_of(key))))
}

/// Marks a token as ours, so that a made-up one is noticed.
const TOKEN_MARK: &str = "after:";

fn token_of(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{TOKEN_MARK}{key}"))
}

fn key_of(token: &str) -> Result<String, ApiError> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let key = text
        .as_deref()
        .and_then(|text| text.strip_prefix(TOKEN_MARK))
        .map(str::to_owned);
    key.ok_or_else(|| ApiError::validation("Parameter NextToken is not valid."))
}
