//! What browsers are told about every page.

use axum::{
    extract::{Request, State as From},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::auth::Unscoped;

/// Nothing but our own files, forms that lead to us, and no frame around us. Pictures and videos of ads come from their
/// bucket.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'; img-src 'self'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds them.
pub(super) async fn add(From(unscoped): From<Unscoped>, request: Request, next: Next) -> Response {
    let state = unscoped.of_installation();
    let mut response = next.run(request).await;
    let policy = match state.media.origin() {
        Some(origin) => format!("{POLICY} {origin}; media-src {origin}"),
        None => POLICY.to_owned(),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
