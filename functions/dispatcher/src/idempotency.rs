//! `Idempotency-Key`: a double click is one run.
//!
//! A key belongs to one request for as long as its run is kept: the same request again gets the
//! first one's answer, another request with the same key is refused. A request about many jobs has a key for each.
//! **Source:** draft-ietf-httpapi-idempotency-key-header-07, for the header and the status 422.

use axum::{
    extract::FromRequestParts,
    http::{Uri, request::Parts},
};
use sha2::{Digest, Sha256};
use shared::store::runs::request::IdempotencyKey;
use uuid::Uuid;

use crate::problem::Problem;

/// The header.
pub(crate) const HEADER: &str = "Idempotency-Key";

/// Longest key, in characters; what `scheduled_job_runs.idempotency_key` holds.
const LENGTH_MAX: usize = 200;

/// The key of a request, when it has one.
#[derive(Debug)]
pub(crate) struct Key {
    key: Option<String>,
    uri: Uri,
}

impl Key {
    /// The key of a request that did not come as one to `uri`.
    ///
    /// # Errors
    /// When it is no key.
    pub(crate) fn given(key: &str, uri: Uri) -> Result<Self, Problem> {
        let key = Some(checked(key.as_bytes())?);
        Ok(Self { key, uri })
    }

    /// The key, bound to the path and the body it came with.
    #[must_use]
    pub(crate) fn of(self, body: &[u8]) -> Option<IdempotencyKey> {
        let request_sha256 = digest(self.uri.path(), body);
        self.key.map(|key| IdempotencyKey {
            key,
            request_sha256,
        })
    }

    /// A key of its own for the part of a request that is about `part`, whatever else is in the request: of two
    /// requests with the same key, each part is done by the one that comes first.
    #[must_use]
    pub(crate) fn of_part(&self, part: Uuid) -> Option<IdempotencyKey> {
        let request_sha256 = digest(self.uri.path(), part.as_bytes());
        let digits = |key: &String| {
            let digest = digest(key, part.as_bytes());
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        self.key.as_ref().map(digits).map(|key| IdempotencyKey {
            key,
            request_sha256,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(checked(value.as_bytes())?),
            (Some(_), Some(_)) => return Err(Problem::address(HEADER, "must be given once")),
        };
        Ok(Self {
            key,
            uri: parts.uri.clone(),
        })
    }
}

/// SHA-256 of two texts, of which the first has no line break.
fn digest(line: &str, rest: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(line);
    hash.update(b"\n");
    hash.update(rest);
    hash.finalize().into()
}

fn checked(bytes: &[u8]) -> Result<String, Problem> {
    let is_visible = bytes.iter().all(u8::is_ascii_graphic);
    str::from_utf8(bytes)
        .ok()
        .filter(|key| is_visible && (1..=LENGTH_MAX).contains(&key.len()))
        .map(str::to_owned)
        .ok_or_else(|| {
            let detail = format!("must be 1 to {LENGTH_MAX} visible ASCII characters");
            Problem::address(HEADER, detail)
        })
}
