//! What browsers are told about every page.

use axum::{
    extract::{Request, State as From},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::assets::STYLE;
use crate::auth::{self, Unscoped};

/// Nothing but our own files, forms that lead to us, and no frame around us. Of styles only that of all pages, by its
/// digest. Pictures and videos of ads come from their bucket.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'; img-src 'self'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What pages may load.
pub(super) fn policy(unscoped: &Unscoped) -> HeaderValue {
    let state = unscoped.of_installation();
    let media = match state.media.origin() {
        Some(origin) => format!(" {origin}; media-src {origin}"),
        None => String::new(),
    };
    let style = BASE64_STANDARD.encode(auth::digest(STYLE.as_bytes()));
    let policy = format!("{POLICY}{media}; style-src 'sha256-{style}'");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Adds them.
pub(super) async fn add(From(policy): From<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
