//! The wire: AWS JSON 1.1. Finds the operation, reads its request, writes its answer.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::EventBridge;
use super::error::refusal;
use crate::aws::error::ApiError;

/// Largest request read: ten entries of events at their largest, escaped as JSON text.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

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
        let said = "Total size of the entries in the request is over the limit.";
        return refusal(&ApiError::validation(said));
    };
    let operation = target.strip_prefix("AWSEvents.").unwrap_or_default();
    bridge.0.calls.count(operation);
    match bridge.perform(operation, if body.is_empty() { b"{}" } else { &body }) {
        Ok(Value::Null) => (StatusCode::OK, headers()).into_response(),
        Ok(answer) => (StatusCode::OK, headers(), answer.to_string()).into_response(),
        Err(error) => refusal(&error),
    }
}

impl EventBridge {
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
    serde_json::from_slice(body).map_err(|error| ApiError::serialization(&error))
}
