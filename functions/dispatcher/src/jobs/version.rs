//! `ETag` and `If-Match` of a job: whoever edits what they have read changes nothing that they have not seen.
//!
//! The tag is the job's revision, which every edit raises. Running, pausing and resuming do not: a job that fires
//! every minute can be edited at leisure.
//!
//! **Source:** RFC 9110, sections 8.8.3 and 13.1.1.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
};
use shared::store::jobs::Job;

use crate::problem::Problem;

/// The tag of a revision.
pub(crate) fn tag(revision: i32) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{revision}\"")).ok()
}

/// The tags of which one must be the job's; `None` when the caller does not care.
#[derive(Debug, Default)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Lets a job through that the caller has seen as it is.
    ///
    /// # Errors
    /// 412 for another one.
    pub(crate) fn require(&self, job: &Job) -> Result<(), Problem> {
        let current = format!("\"{}\"", job.revision);
        let is_met = self
            .0
            .as_ref()
            .is_none_or(|tags| tags.iter().any(|tag| *tag == current || tag == "*"));
        if is_met {
            return Ok(());
        }
        let detail = format!("the job's tag is {current} now; read it again, and send its `ETag`");
        Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "edited-meanwhile",
            detail,
        ))
    }
}

fn is_tag(text: &str) -> bool {
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|tag| !tag.contains('"'))
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        for line in parts.headers.get_all(header::IF_MATCH) {
            let line = line.to_str().unwrap_or_default();
            tags.extend(line.split(',').map(|tag| tag.trim().to_owned()));
        }
        if !tags.iter().all(|tag| tag == "*" || is_tag(tag)) {
            let detail = "must be `*`, or tags in quotes as `ETag` gave them";
            return Err(Problem::address("If-Match", detail));
        }
        let is_given = parts.headers.contains_key(header::IF_MATCH);
        Ok(Self(is_given.then_some(tags)))
    }
}
