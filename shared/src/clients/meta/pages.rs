//! Lists in pages, followed by cursor.
//!
//! `next` itself is never followed, kept or logged: it holds the access token.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{error::Category, value::RawValue};
use url::Url;

use super::{Meta, MetaError};

/// Most pages followed of one edge: 500 members each, that is a million.
const PAGES_MAX: usize = 2_000;

/// Where the next page begins: a cursor, or an offset where an edge counts. Good for the same question only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor as it was stored.
    #[must_use]
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The cursor, to store it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parameters of the request, by the names they may have.
    const NAMES: [&str; 3] = ["after", "offset", "__after_id"];

    fn parameter(&self) -> (&'static str, &str) {
        let named = |name: &&'static str| {
            let value = self.0.strip_prefix(*name)?.strip_prefix('=')?;
            Some((*name, value))
        };
        let named = Self::NAMES.iter().find_map(named);
        named.unwrap_or(("after", &self.0))
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its members, in Meta's order, which means nothing.
    pub members: Vec<T>,
    /// Members that could not be read.
    pub rejected: u64,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

#[derive(Deserialize)]
struct Wire<M> {
    data: Vec<M>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cursors {
    after: Option<String>,
}

/// The members of a page, all at once; only when that fails one by one, `None` for those that cannot be read.
fn members<M: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Wire<Option<M>>> {
    if let Ok(Wire { data, paging }) = serde_json::from_slice(body) {
        let data = data.into_iter().map(Some).collect();
        return Ok(Wire { data, paging });
    }
    let Wire { data, paging } = serde_json::from_slice::<Wire<Box<RawValue>>>(body)?;
    let members = data.into_iter();
    let data = members.map(|member| serde_json::from_str(member.get()).ok());
    Ok(Wire {
        data: data.collect(),
        paging,
    })
}

/// A page before its way on is known.
struct Taken<T> {
    members: Vec<T>,
    rejected: u64,
    paging: Option<Paging>,
}

/// What `read` makes of the members of a page.
fn take<M: DeserializeOwned, T>(
    body: &[u8],
    read: impl Fn(M) -> Option<T>,
) -> serde_json::Result<Taken<T>> {
    let Wire { data, paging } = members(body)?;
    let count = data.len();
    let members: Vec<T> = data.into_iter().flatten().filter_map(read).collect();
    Ok(Taken {
        rejected: u64::try_from(count - members.len()).unwrap_or(u64::MAX),
        members,
        paging,
    })
}

impl Meta {
    /// Every member of an edge. Members that cannot be read are left out, as Meta leaves out unreadable ids.
    pub(super) async fn list<T: DeserializeOwned + Send + 'static>(
        &self,
        what: &'static str,
        path: &[&str],
        parameters: &[(&str, &str)],
        limit: u32,
    ) -> Result<Vec<T>, MetaError> {
        let mut members = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = self.page(what, path, parameters, (limit, after.as_ref()), Some);
            let page = page.await?;
            members.extend(page.members);
            match page.next {
                None => return Ok(members),
                next => after = next,
            }
        }
        Err(MetaError::EndlessPages { what })
    }

    /// One page, what `read` makes of each member.
    pub(super) async fn page<M, T>(
        &self,
        what: &'static str,
        path: &[&str],
        parameters: &[(&str, &str)],
        (limit, after): (u32, Option<&Cursor>),
        read: impl Fn(M) -> Option<T> + Send + 'static,
    ) -> Result<Page<T>, MetaError>
    where
        M: DeserializeOwned + 'static,
        T: Send + 'static,
    {
        let limit = limit.to_string();
        let cursor = after.map(Cursor::parameter);
        let parameters: Vec<_> = parameters
            .iter()
            .copied()
            .chain([("limit", limit.as_str())])
            .chain(cursor)
            .collect();
        let body = self.get(path, &parameters).await?;
        // A page of numbers takes milliseconds, in which this thread would answer nobody: not Meta, and not Postgres.
        let taken = tokio::task::spawn_blocking(move || take(&body, read)).await;
        let taken = taken.map_err(|_| MetaError::Shape { what })?;
        let taken = taken.map_err(|error| match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => MetaError::NotJson { status: 200 },
            Category::Data => MetaError::Shape { what },
        })?;
        let next = taken.paging.and_then(|paging| self.next(paging));
        if next.is_some() && next.as_ref() == after {
            return Err(MetaError::EndlessPages { what });
        }
        Ok(Page {
            members: taken.members,
            rejected: taken.rejected,
            next,
        })
    }

    /// The last page still has cursors, but no `next`.
    fn next(&self, paging: Paging) -> Option<Cursor> {
        let next = paging.next.filter(|next| !next.is_empty())?;
        if let Some(after) = paging.cursors.and_then(|cursors| cursors.after) {
            return Some(Cursor(format!("after={after}")));
        }
        let next = Url::parse(&next).ok()?;
        let is_ours = next.host_str() == self.base.host_str();
        let query = next.query_pairs().filter(|_| is_ours);
        let mut named = query.filter(|(name, _)| Cursor::NAMES.contains(&name.as_ref()));
        let (name, value) = named.next()?;
        Some(Cursor(format!("{name}={value}")))
    }
}
