//! Tags of groups, by ARN; schedules have none.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Scheduler;
use super::api::Asked;
use super::books::Group;
use crate::aws::checks::{CLIENT_TOKEN, Checks};
use crate::aws::error::ApiError;
use crate::aws::tags::{TAGS_MAX, Tag, Tags, check_tags, tags_json};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    client_token: Option<String>,
    tags: Option<Vec<Tag>>,
}

impl Scheduler {
    pub(super) fn tag_resource(&self, asked: &Asked) -> Result<Value, ApiError> {
        let given: TagResource = asked.body()?;
        let mut checks = Checks::default();
        checks.optional("clientToken", given.client_token.as_deref(), CLIENT_TOKEN);
        if given.tags.is_none() {
            checks.null("tags");
        }
        checks.finish()?;
        let new = given.tags.unwrap_or_default();
        check_tags(&new)?;
        self.change_tags(asked, |tags| {
            tags.extend(new.into_iter().map(Tag::into_pair));
        })
    }

    pub(super) fn untag_resource(&self, asked: &Asked) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        checks.optional("clientToken", asked.text("clientToken"), CLIENT_TOKEN);
        if asked.text("TagKeys").is_none() {
            checks.null("tagKeys");
        }
        checks.finish()?;
        self.change_tags(asked, |tags| {
            for key in asked.texts("TagKeys") {
                tags.remove(key);
            }
        })
    }

    pub(super) fn list_tags(&self, asked: &Asked) -> Result<Value, ApiError> {
        let name = group_name(&asked.name)?;
        self.0.books.read(|books| {
            let tags = tags_json(&books.group(name)?.tags);
            Ok(json!({ "Tags": tags }))
        })
    }

    fn change_tags(
        &self,
        asked: &Asked,
        change: impl FnOnce(&mut Tags),
    ) -> Result<Value, ApiError> {
        let name = group_name(&asked.name)?;
        let now = self.0.options.clock.now();
        self.0.books.change(|books| {
            let group: &mut Group = books.group_mut(name)?;
            let mut tags = group.tags.clone();
            change(&mut tags);
            if tags.len() > TAGS_MAX {
                return Err(ApiError::quota("Tag quota exceeded."));
            }
            group.tags = tags;
            group.modified = now;
            Ok(json!({}))
        })
    }
}

/// The name in `…:schedule-group/NAME`.
fn group_name(arn: &str) -> Result<&str, ApiError> {
    let name = arn.split_once(":schedule-group/").map(|(_, name)| name);
    name.ok_or_else(|| ApiError::validation("Provided Arn is not in correct format."))
}
