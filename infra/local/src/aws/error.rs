//! Refusals, as AWS words them. How they look on the wire is each service's own.

/// A refusal of a whole request.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// A body that is no JSON, or has something else where a member is expected.
    pub(crate) fn serialization(error: &serde_json::Error) -> Self {
        Self::new("SerializationException", error.to_string())
    }
}
