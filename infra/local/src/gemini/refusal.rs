//! The error bodies of Google's APIs.
//!
//! **Source:** Gemini API, "Troubleshooting guide"; the words are those that users of the API have seen.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What Gemini answers instead of what was asked for.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    name: String,
    message: String,
    details: Vec<Value>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, name: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            name: name.to_owned(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// The request is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
    }

    /// What is named does not exist.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// No key came along.
    pub(super) fn no_key() -> Self {
        let message = "Method doesn't allow unregistered callers (callers without established identity). \
                       Please use API Key or other form of API consumer identity to call this API.";
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    /// The key is not one of Google's.
    pub(super) fn wrong_key() -> Self {
        let message = "API key not valid. Please pass a valid API key.";
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        });
        Self {
            details: vec![info],
            ..Self::invalid(message)
        }
    }

    /// A model that does not exist, or no longer.
    pub(super) fn no_model(name: &str) -> Self {
        Self::not_found(format!(
            "models/{name} is not found for API version v1beta, or is not supported for generateContent. \
             Call ListModels to see the list of available models and their supported methods."
        ))
    }

    /// A file that does not exist: one that may not be seen.
    pub(super) fn no_file(id: &str) -> Self {
        let message =
            format!("You do not have permission to access the File {id} or it may not exist.");
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
    }

    /// A file that cannot be used, or not yet.
    pub(super) fn not_active(id: &str) -> Self {
        let message = format!("The File {id} is not in an ACTIVE state and usage is not allowed.");
        Self::new(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", message)
    }

    /// A file of that name exists.
    pub(super) fn taken(id: &str) -> Self {
        let message = format!("Requested entity already exists: files/{id}");
        Self::new(StatusCode::CONFLICT, "ALREADY_EXISTS", message)
    }

    /// Too many requests. `retry_delay` as in `47s`.
    pub(super) fn throttled(is_daily: bool, retry_delay: Option<&str>) -> Self {
        let window = if is_daily { "Day" } else { "Minute" };
        let mut details = vec![json!({
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{
                "quotaMetric": "generativelanguage.googleapis.com/generate_content_paid_tier_requests",
                "quotaId": format!("GenerateRequestsPer{window}PerProjectPerModel"),
            }],
        })];
        if let Some(delay) = retry_delay {
            let kind = "type.googleapis.com/google.rpc.RetryInfo";
            details.push(json!({"@type": kind, "retryDelay": delay}));
        }
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        Self {
            details,
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", message)
        }
    }

    /// An error of that status, as ordered.
    pub(super) fn ordered(status: StatusCode) -> Self {
        let (name, message) = match status.as_u16() {
            401 => (
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials.",
            ),
            403 => ("PERMISSION_DENIED", "The caller does not have permission"),
            404 => ("NOT_FOUND", "Requested entity was not found."),
            503 => (
                "UNAVAILABLE",
                "The model is overloaded. Please try again later.",
            ),
            504 => (
                "DEADLINE_EXCEEDED",
                "The request timed out. Please try again.",
            ),
            500.. => ("INTERNAL", "An internal error has occurred."),
            _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        };
        Self::new(status, name, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({
            "code": self.status.as_u16(),
            "message": self.message,
            "status": self.name,
        });
        if let (false, Some(fields)) = (self.details.is_empty(), error.as_object_mut()) {
            fields.insert("details".to_owned(), self.details.into());
        }
        (self.status, Json(json!({"error": error}))).into_response()
    }
}
