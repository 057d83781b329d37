//! Lists in pages, followed by cursor.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Meta, MetaError};

/// Most pages followed: reads here name at most 50 objects, so one page is the rule.
const PAGES_MAX: usize = 20;

impl Meta {
    /// Every member of an edge. Members that cannot be read are left out, as Meta leaves out unreadable ids.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &[&str],
        parameters: &[(&str, &str)],
    ) -> Result<Vec<T>, MetaError> {
        let mut members = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let cursor = after.as_deref().map(|cursor| ("after", cursor));
            let parameters: Vec<_> = parameters.iter().copied().chain(cursor).collect();
            let mut page = self.get(path, &parameters).await?;
            let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) else {
                return Err(MetaError::Shape { what });
            };
            members.extend(
                data.into_iter()
                    .filter_map(|member| T::deserialize(member).ok()),
            );
            match next_cursor(&page) {
                None => return Ok(members),
                next if next == after => return Err(MetaError::EndlessPages { what }),
                next => after = next,
            }
        }
        Err(MetaError::EndlessPages { what })
    }
}

/// The cursor of the next page, `None` on the last, which still has cursors but no `next`.
///
/// `next` itself is dropped: it holds the access token.
fn next_cursor(page: &Value) -> Option<String> {
    let paging = page.get("paging")?;
    paging.get("next").filter(|next| next.is_string())?;
    Some(paging.get("cursors")?.get("after")?.as_str()?.to_owned())
}
