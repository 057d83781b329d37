//! TestEventPattern: tries a pattern on an event, without any rule.

use serde::Deserialize;
use serde_json::{Value, json};

use super::EventBridge;
use super::pattern::{PATTERN_CHARS_MAX, Pattern};
use crate::aws::checks::Checks;
use crate::aws::error::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TestEventPattern {
    event_pattern: Option<String>,
    event: Option<String>,
}

impl EventBridge {
    pub(super) fn test_event_pattern(&self, request: TestEventPattern) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        for (field, value) in [
            ("eventPattern", &request.event_pattern),
            ("event", &request.event),
        ] {
            if value.is_none() {
                checks.null(field);
            }
        }
        checks.length(
            "eventPattern",
            request.event_pattern.as_deref(),
            PATTERN_CHARS_MAX,
        );
        checks.finish()?;
        let pattern = Pattern::parse(&request.event_pattern.unwrap_or_default())?;
        let event: Value =
            serde_json::from_str(&request.event.unwrap_or_default()).map_err(|error| {
                ApiError::validation(format!("Parameter Event is not valid. Reason: {error}"))
            })?;
        let mandatory = [
            "id",
            "account",
            "source",
            "time",
            "region",
            "resources",
            "detail-type",
        ];
        if mandatory.iter().any(|field| event.get(field).is_none()) {
            return Err(ApiError::validation("Parameter Event is not valid."));
        }
        Ok(json!({ "Result": pattern.matches(&event) }))
    }
}
