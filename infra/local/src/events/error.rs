//! Refusals, as AWS words and numbers them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal of a whole request.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct ApiError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "__type": self.code, "message": self.message });
        (
            StatusCode::BAD_REQUEST,
            super::api::headers(),
            body.to_string(),
        )
            .into_response()
    }
}
