//! Refusals of Scheduler alone, and how it puts a refusal on the wire.
//!
//! **Source:** AWS, API model of Scheduler (status codes and members of errors).

use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::aws::error::ApiError;

impl ApiError {
    pub(super) fn no_group(name: &str) -> Self {
        Self::not_found(format!("Schedule group {name} does not exist."))
    }

    pub(super) fn no_schedule(name: &str) -> Self {
        Self::not_found(format!("Schedule {name} does not exist."))
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", message)
    }

    pub(super) fn quota(message: impl Into<String>) -> Self {
        Self::new("ServiceQuotaExceededException", message)
    }
}

pub(super) fn refusal(error: &ApiError) -> Response {
    let status = match error.code {
        "ResourceNotFoundException" => StatusCode::NOT_FOUND,
        "ConflictException" => StatusCode::CONFLICT,
        "ServiceQuotaExceededException" => StatusCode::PAYMENT_REQUIRED,
        _ => StatusCode::BAD_REQUEST,
    };
    let code = [(HeaderName::from_static("x-amzn-errortype"), error.code)];
    let body = json!({ "Message": error.message });
    (status, super::api::headers(), code, body.to_string()).into_response()
}
