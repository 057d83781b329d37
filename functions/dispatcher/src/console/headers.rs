//! What browsers are told about every page.

use axum::{
    extract::{Request, State as From},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{assets::STYLE, strip};
use crate::{
    State,
    auth::{self, Unscoped},
};

/// Nothing but our own files, and forms that lead to us. Of styles only that of all pages, by its digest. Pictures and
/// videos of ads come from their bucket.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; img-src 'self'";

const HEADERS: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
];

/// What pages may load, and where they may be shown.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    /// Of every page but the strip: in no frame.
    usual: HeaderValue,
    /// Of the strip: in our own frames and in those of pages that are configured.
    of_strip: HeaderValue,
    /// What older browsers are told of the strip; nothing, where others may show it, as that cannot be said to them.
    frames_of_strip: Option<HeaderValue>,
}

impl Policies {
    /// As configured.
    pub(super) fn new(unscoped: &Unscoped) -> Self {
        let state = unscoped.of_installation();
        let origins = state.embed_origins.join(" ");
        let own_frames = HeaderValue::from_static("SAMEORIGIN");
        Self {
            usual: policy(state, "'none'"),
            of_strip: policy(state, format!("'self' {origins}").trim_end()),
            frames_of_strip: origins.is_empty().then_some(own_frames),
        }
    }
}

fn policy(state: &State, ancestors: &str) -> HeaderValue {
    let media = match state.media.origin() {
        Some(origin) => format!(" {origin}; media-src {origin}"),
        None => String::new(),
    };
    let style = BASE64_STANDARD.encode(auth::digest(STYLE.as_bytes()));
    let policy =
        format!("{POLICY}{media}; style-src 'sha256-{style}'; frame-ancestors {ancestors}");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Adds them.
pub(super) async fn add(From(policies): From<Policies>, request: Request, next: Next) -> Response {
    let is_strip = request.uri().path() == strip::PATH;
    let mut response = next.run(request).await;
    let (policy, frames) = if is_strip {
        (policies.of_strip, policies.frames_of_strip)
    } else {
        (policies.usual, Some(HeaderValue::from_static("DENY")))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if let Some(frames) = frames {
        headers.insert(header::X_FRAME_OPTIONS, frames);
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
