//! Schedule groups.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Scheduler;
use super::api::Asked;
use super::books::{DEFAULT_GROUP, Group};
use super::definition::Epoch;
use crate::aws::checks::{CLIENT_TOKEN, Checks, SCHEDULE_NAME};
use crate::aws::error::ApiError;
use crate::aws::pages::{PAGE_MAX, TOKEN_CHARS_MAX, page, with_token};
use crate::aws::tags::{TAGS_MAX, Tag, check_tags};

/// Most groups of an account in a region. **Source:** AWS, "Quotas for EventBridge Scheduler".
const GROUPS_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateScheduleGroup {
    client_token: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

impl Scheduler {
    /// The same request with the same token is answered the same again, and does nothing.
    pub(super) fn create_group(&self, asked: &Asked) -> Result<Value, ApiError> {
        let given: CreateScheduleGroup = asked.body()?;
        check(asked, given.client_token.as_deref())?;
        check_tags(&given.tags)?;
        let name = &asked.name;
        let answer = json!({ "ScheduleGroupArn": self.group_arn(name) });
        let mut group = Group::new(self.0.options.clock.now());
        group.client_token = given.client_token;
        group.tags = given.tags.into_iter().map(Tag::into_pair).collect();
        if group.tags.len() > TAGS_MAX {
            return Err(ApiError::quota("Tag quota exceeded."));
        }
        self.0.books.change(|books| {
            if let Some(there) = books.groups.get(name) {
                let is_same = there.tags == group.tags && there.client_token == group.client_token;
                return match group.client_token.is_some() && is_same {
                    true => Ok(answer),
                    false => Err(ApiError::conflict(format!(
                        "Schedule group {name} already exists."
                    ))),
                };
            }
            if books.groups.len() >= GROUPS_MAX {
                return Err(ApiError::quota("Schedule group quota exceeded."));
            }
            books.groups.insert(name.clone(), group);
            Ok(answer)
        })
    }

    pub(super) fn get_group(&self, asked: &Asked) -> Result<Value, ApiError> {
        check(asked, None)?;
        let name = &asked.name;
        self.0
            .books
            .read(|books| Ok(self.group_json(name, books.group(name)?)))
    }

    /// The schedules of the group go with it, at once.
    pub(super) fn delete_group(&self, asked: &Asked) -> Result<Value, ApiError> {
        check(asked, asked.text("clientToken"))?;
        let name = &asked.name;
        if name == DEFAULT_GROUP {
            let said = "The default schedule group cannot be deleted.";
            return Err(ApiError::validation(said));
        }
        self.0.books.change(|books| {
            let group = books.groups.remove(name);
            group.ok_or_else(|| ApiError::no_group(name))?;
            Ok(json!({}))
        })
    }

    pub(super) fn list_groups(&self, asked: &Asked) -> Result<Value, ApiError> {
        let prefix = asked.text("NamePrefix");
        let (token, limit) = (asked.text("NextToken"), asked.number("MaxResults")?);
        let mut checks = Checks::default();
        checks.optional("namePrefix", prefix, SCHEDULE_NAME);
        checks.length("nextToken", token, TOKEN_CHARS_MAX);
        checks.number("maxResults", limit, 1, PAGE_MAX);
        checks.finish()?;
        self.0.books.read(|books| {
            let groups = books.groups.iter();
            let groups = groups
                .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
                .map(|(name, group)| (name.clone(), self.group_json(name, group)));
            let (groups, token) = page(groups, token, limit)?;
            Ok(with_token(json!({ "ScheduleGroups": groups }), token))
        })
    }

    fn group_json(&self, name: &str, group: &Group) -> Value {
        json!({
            "Arn": self.group_arn(name),
            "Name": name,
            "State": "ACTIVE",
            "CreationDate": Epoch(group.created),
            "LastModificationDate": Epoch(group.modified),
        })
    }
}

fn check(asked: &Asked, client_token: Option<&str>) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    checks.required("name", Some(&asked.name), SCHEDULE_NAME);
    checks.optional("clientToken", client_token, CLIENT_TOKEN);
    checks.finish()
}
