//! Refusals of EventBridge alone, and how it puts a refusal on the wire.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::aws::error::ApiError;

impl ApiError {
    pub(super) fn no_bus(name: &str) -> Self {
        Self::not_found(format!("Event bus {name} does not exist."))
    }

    pub(super) fn no_rule(name: &str, bus: &str) -> Self {
        Self::not_found(format!("Rule {name} does not exist on EventBus {bus}."))
    }

    pub(super) fn limit() -> Self {
        Self::new(
            "LimitExceededException",
            "The requested resource exceeds the maximum number allowed.",
        )
    }

    pub(super) fn pattern(reason: impl std::fmt::Display) -> Self {
        Self::new(
            "InvalidEventPatternException",
            format!("Event pattern is not valid. Reason: {reason}"),
        )
    }
}

pub(super) fn refusal(error: &ApiError) -> Response {
    let body = json!({ "__type": error.code, "message": error.message });
    (
        StatusCode::BAD_REQUEST,
        super::api::headers(),
        body.to_string(),
    )
        .into_response()
}
