//! Single objects, and several of them by their ids.

use std::collections::HashMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    Class, Meta, MetaError,
    ids::{account_id, object_id},
    lenient::text,
    reads::GROUP_MAX,
};

/// What is read of an account.
pub(super) const ACCOUNT_FIELDS: &str = "id,name,account_status,currency,timezone_name";

/// What an ad account says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccountFacts {
    /// As `act_` and digits.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// 1: active; others are told by [`Self::trouble`].
    #[serde(deserialize_with = "text")]
    account_status: Option<String>,
    /// As in `EUR`.
    #[serde(deserialize_with = "text")]
    pub currency: Option<String>,
    /// As in `Europe/Berlin`.
    #[serde(deserialize_with = "text")]
    pub timezone_name: Option<String>,
}

impl AccountFacts {
    /// The number of its status.
    #[must_use]
    pub fn status(&self) -> Option<i32> {
        self.account_status.as_deref()?.parse().ok()
    }

    /// Why the account does not deliver, for people; `None` when it is active.
    ///
    /// **Source:** Marketing API, "Ad account", `account_status`.
    #[must_use]
    pub fn trouble(&self) -> Option<&'static str> {
        Some(match self.status()? {
            2 => "disabled",
            3 => "unsettled",
            7 => "pending risk review",
            8 => "pending settlement",
            9 => "in its grace period",
            100 => "pending closure",
            101 | 202 => "closed",
            _ => return None,
        })
    }
}

impl Meta {
    /// What an account says of itself.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn account(&self, account: &str) -> Result<AccountFacts, MetaError> {
        let fields = [("fields", ACCOUNT_FIELDS)];
        let body = self.get(&[account_id(account)?], &fields).await?;
        serde_json::from_slice(&body).map_err(|_| MetaError::Shape { what: "an account" })
    }

    /// Objects by their ids, 50 in a call. One that cannot be read spoils the whole call, so the group is
    /// halved until it is alone, and then left out.
    ///
    /// # Errors
    /// [`MetaError`] that is not about a single object.
    pub(super) async fn many<T: DeserializeOwned>(
        &self,
        what: &'static str,
        ids: &[&str],
        fields: &str,
    ) -> Result<HashMap<String, T>, MetaError> {
        for id in ids {
            object_id(id)?;
        }
        let mut found = HashMap::new();
        let mut groups: Vec<&[&str]> = ids.chunks(GROUP_MAX).collect();
        while let Some(group) = groups.pop() {
            let named = group.join(",");
            let read = self
                .get(&[""], &[("ids", &named), ("fields", fields)])
                .await;
            let body = match read {
                Ok(body) => body,
                Err(error) if matches!(error.class(), Class::MissingObject | Class::Bisect) => {
                    if group.len() > 1 {
                        let (one, other) = group.split_at(group.len() / 2);
                        groups.extend([one, other]);
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            let objects: HashMap<String, Box<RawValue>> =
                serde_json::from_slice(&body).map_err(|_| MetaError::Shape { what })?;
            found.extend(
                objects.into_iter().filter_map(|(id, object)| {
                    Some((id, serde_json::from_str(object.get()).ok()?))
                }),
            );
        }
        Ok(found)
    }
}
