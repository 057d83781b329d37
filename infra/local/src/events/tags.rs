//! Tags of rules and buses, by ARN.

use serde::Deserialize;
use serde_json::{Value, json};

use super::EventBridge;
use super::books::{Books, DEFAULT_BUS};
use crate::aws::checks::{Checks, Shape, Text};
use crate::aws::error::ApiError;
use crate::aws::tags::{TAGS_MAX, Tag, Tags, check_tags, tags_json};

const ARN: Text = Text {
    max: 1600,
    shape: Shape::Any,
};

#[derive(Deserialize)]
pub(super) struct TagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    #[serde(rename = "Tags")]
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
pub(super) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    #[serde(rename = "TagKeys")]
    tag_keys: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
}

impl EventBridge {
    pub(super) fn tag_resource(&self, request: TagResource) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let arn = checks.required("resourceARN", request.resource_arn.as_deref(), ARN);
        if request.tags.is_none() {
            checks.null("tags");
        }
        checks.finish()?;
        let new = request.tags.unwrap_or_default();
        check_tags(&new)?;
        self.change(|books| {
            let tags = find(books, arn)?;
            let mut all = tags.clone();
            all.extend(new.into_iter().map(Tag::into_pair));
            if all.len() > TAGS_MAX {
                return Err(ApiError::limit());
            }
            *tags = all;
            Ok(json!({}))
        })
    }

    pub(super) fn untag_resource(&self, request: UntagResource) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let arn = checks.required("resourceARN", request.resource_arn.as_deref(), ARN);
        if request.tag_keys.is_none() {
            checks.null("tagKeys");
        }
        checks.finish()?;
        self.change(|books| {
            let tags = find(books, arn)?;
            for key in request.tag_keys.iter().flatten() {
                tags.remove(key);
            }
            Ok(json!({}))
        })
    }

    pub(super) fn list_tags_for_resource(
        &self,
        request: ListTagsForResource,
    ) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let arn = checks.required("resourceARN", request.resource_arn.as_deref(), ARN);
        checks.finish()?;
        self.change(|books| Ok(json!({ "Tags": tags_json(find(books, arn)?) })))
    }
}

/// The tags of what an ARN names: `…:rule/NAME`, `…:rule/BUS/NAME` or `…:event-bus/NAME`.
fn find<'a>(books: &'a mut Books, arn: &str) -> Result<&'a mut Tags, ApiError> {
    if let Some((_, name)) = arn.split_once(":event-bus/") {
        return Ok(&mut books.bus_mut(name)?.tags);
    }
    let Some((_, rule)) = arn.split_once(":rule/") else {
        let said =
            format!("Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.");
        return Err(ApiError::validation(said));
    };
    let (bus, name) = rule.split_once('/').unwrap_or((DEFAULT_BUS, rule));
    Ok(&mut books.rule_mut(bus, name)?.tags)
}
