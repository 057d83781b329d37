//! Who may call: whoever has a bearer token whose SHA-256 is configured.
//!
//! Digests are compared in constant time, all of them every time, and every failure gets the same
//! answer, before anything else of the request is looked at.

use std::sync::Arc;

use axum::{
    extract::{self, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use shared::store::jobs::changes::Author;
use subtle::{Choice, ConstantTimeEq};

use crate::{State, problem::Problem};

/// Digits of a token's digest that name the caller in a run: enough to tell two tokens apart.
const NAME_BYTES: usize = 4;

/// The tokens that may call, as SHA-256 digests.
#[derive(Clone, Debug)]
pub struct Tokens(Arc<[[u8; 32]]>);

impl Tokens {
    /// Tokens with these digests.
    #[must_use]
    pub fn new(digests: Vec<[u8; 32]>) -> Self {
        Self(digests.into())
    }

    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        self.caller_with(&digest(presented(headers)?))
    }

    /// Whose token has this digest, when it may call.
    pub(crate) fn caller_with(&self, digest: &[u8; 32]) -> Option<Caller> {
        let mut is_known = Choice::from(0);
        for known in self.0.iter() {
            is_known |= known.ct_eq(digest);
        }
        bool::from(is_known).then(|| Caller::with_digest(digest))
    }
}

/// What is known of a token here.
pub(crate) fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Whose token a request carried.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

impl Caller {
    /// The first digits of the digest: a token has far more entropy than they give away.
    fn with_digest(digest: &[u8; 32]) -> Self {
        let digits: String = digest
            .iter()
            .take(NAME_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("token {digits}"))
    }

    /// Who changes a job now.
    pub(crate) fn author(&self, now: DateTime<Utc>) -> Author<'_> {
        Author { name: &self.0, now }
    }
}

/// The header for callers whose `Authorization` is AWS's, as with a URL that asks for its signature.
const TOKEN: &str = "x-sundial-token";

/// The token of `X-Sundial-Token`, or else of `Authorization: Bearer …`; two such headers are none.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if headers.contains_key(TOKEN) {
        return only(headers, TOKEN).map(|value| value.as_bytes().trim_ascii());
    }
    let value = only(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Lets a request through, with its [`Caller`], or answers 401.
///
/// # Errors
/// The 401, the same for every failure.
pub(crate) async fn require(
    extract::State(state): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(caller) = state.tokens.caller(request.headers()) else {
        let detail =
            "send `Authorization: Bearer`, or `X-Sundial-Token`, with a token that is valid here";
        return Err(
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        );
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}
