//! Tags, as requests carry them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::checks::{Checks, Shape, Text};
use super::error::ApiError;

/// Most tags of one resource. **Source:** AWS, "Tag naming limits and requirements".
pub(crate) const TAGS_MAX: usize = 50;

const KEY: Text = Text {
    max: 128,
    shape: Shape::Any,
};

/// The tags of a resource.
pub(crate) type Tags = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    key: Option<String>,
    value: Option<String>,
}

impl Tag {
    pub(crate) fn into_pair(self) -> (String, String) {
        (self.key.unwrap_or_default(), self.value.unwrap_or_default())
    }
}

/// # Errors
/// `ValidationException` when a tag is malformed or named twice.
pub(crate) fn check_tags(tags: &[Tag]) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    let mut keys = BTreeSet::new();
    for (tag, number) in tags.iter().zip(1..) {
        keys.insert(checks.required(
            &format!("tags.{number}.member.key"),
            tag.key.as_deref(),
            KEY,
        ));
        match &tag.value {
            Some(value) => checks.length(&format!("tags.{number}.member.value"), Some(value), 256),
            None => checks.null(&format!("tags.{number}.member.value")),
        }
    }
    checks.finish()?;
    match keys.len() == tags.len() {
        true => Ok(()),
        false => Err(ApiError::validation(
            "Invalid parameter: Duplicated keys are not allowed.",
        )),
    }
}

/// As answers carry them.
pub(crate) fn tags_json(tags: &Tags) -> Value {
    let tags = tags.iter();
    tags.map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}
