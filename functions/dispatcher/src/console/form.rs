//! Forms as browsers send them: bounded, and from a page of ours.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};

use super::session::{self, SessionId};
use crate::{body, problem::Problem};

/// Most fields of a form that are looked at: a page of dead letters has some hundred.
const FIELDS_MAX: usize = 2_000;

/// The field that proves where a form comes from.
const PROOF: &str = "proof";

/// The fields of a form in their order. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Form(Arc<[(String, String)]>);

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// When it is too large, or no form.
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let is_form = is_form(request.headers());
        let bytes = body::read(request, &()).await?;
        if !is_form && !bytes.is_empty() {
            let detail = "send a form, as the pages do";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-a-form",
                detail,
            ));
        }
        let fields: Vec<_> = url::form_urlencoded::parse(&bytes)
            .take(FIELDS_MAX + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if fields.len() > FIELDS_MAX {
            let detail = format!("the form has more than {FIELDS_MAX} fields");
            return Err(Problem::address("(form)", detail));
        }
        Ok(Self(fields.into()))
    }

    /// What was entered, without spaces around it; `None` when nothing was.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(given, _)| given == name);
        named.find_map(|(_, value)| Some(value.trim()).filter(|value| !value.is_empty()))
    }

    /// What was entered in each field of this name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.trim()).collect()
    }

    /// Refuses a form that no page of this session made.
    ///
    /// # Errors
    /// 403.
    pub(super) fn require_proof(&self, session: &SessionId) -> Result<(), Problem> {
        if session.is_proof(self.get(PROOF).unwrap_or_default()) {
            return Ok(());
        }
        Err(foreign("it does not have this session's proof"))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Refuses a request that the browser says another site made. Browsers that say nothing are told by the
/// proof alone.
///
/// # Errors
/// 403.
pub(super) fn require_same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let value = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    if let Some(site) = value("sec-fetch-site") {
        let is_ours = [&b"same-origin"[..], b"none"].contains(&site);
        return is_ours
            .then_some(())
            .ok_or_else(|| foreign("another site sent it"));
    }
    let Some(origin) = value("origin") else {
        return Ok(());
    };
    let origin = str::from_utf8(origin).unwrap_or_default();
    let origin = origin.split_once("://").map(|(_, host)| host);
    if origin.is_some() && origin == session::host(headers) {
        return Ok(());
    }
    Err(foreign("another site sent it"))
}

fn foreign(why: &str) -> Problem {
    let detail = format!("this form was not sent by a page of ours: {why}; open the page again");
    Problem::new(StatusCode::FORBIDDEN, "foreign-form", detail)
}
