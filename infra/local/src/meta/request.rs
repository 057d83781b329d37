//! One call to the Graph API, however it arrived: query, form, JSON body, or part of a batch.

use std::collections::HashMap;

use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::Value;
use url::form_urlencoded;

use super::refusal::Refusal;

/// The version answered when a path names none, as `/oauth/access_token`.
const VERSION_DEFAULT: &str = "v25.0";

/// The parameters of a call, decoded; structured ones are still JSON text.
pub(super) type Parameters = HashMap<String, String>;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Whether something is to be started rather than read.
    pub(super) is_post: bool,
    /// The version asked for, as `v25.0`.
    pub(super) version: String,
    /// The path after the version, without slashes at its ends.
    pub(super) path: String,
    /// Query and form together; the form wins.
    pub(super) parameters: Parameters,
    /// The token of the header `Authorization`.
    pub(super) bearer: Option<String>,
}

impl Call {
    /// Reads a request. A form field `method` takes the place of the method.
    ///
    /// # Errors
    /// A body that says it is JSON and is not an object, and a method that Meta has and this lacks.
    pub(super) fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let (version, path) = split(uri.path());
        let mut parameters = form(uri.query().unwrap_or_default().as_bytes());
        let is_json = text(headers, header::CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/json"));
        if is_json && !body.is_empty() {
            parameters.extend(object(body)?);
        } else {
            parameters.extend(form(body));
        }
        let bearer = text(headers, header::AUTHORIZATION)
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned);
        let asked = parameters.remove("method");
        let call = Self {
            is_post: is_post(asked.as_deref().unwrap_or(method.as_str()))?,
            version,
            path,
            parameters,
            bearer,
        };
        Ok(call)
    }

    /// The token, from the header or the parameters.
    pub(super) fn token(&self) -> Option<&str> {
        let parameter = self.parameters.get("access_token").map(String::as_str);
        let token = self.bearer.as_deref().or(parameter);
        token.filter(|token| !token.is_empty())
    }

    /// The parameters as `name=value&…`, decoded, in the order of their names.
    pub(super) fn decoded(&self) -> String {
        let mut pairs: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.sort();
        pairs.join("&")
    }
}

/// # Errors
/// Code 100 for what is neither reading nor starting.
pub(super) fn is_post(method: &str) -> Result<bool, Refusal> {
    match method.to_ascii_uppercase().as_str() {
        "GET" => Ok(false),
        "POST" => Ok(true),
        other => Err(Refusal::parameter(format_args!(
            "Unsupported {} request.",
            other.to_ascii_lowercase()
        ))),
    }
}

/// Takes the version off the front of a path, where it has one.
pub(super) fn split(path: &str) -> (String, String) {
    let decoded = form_urlencoded::parse(path.as_bytes()).next();
    let decoded = decoded.map(|(path, _)| path.into_owned());
    let decoded = decoded.unwrap_or_default();
    let path = decoded.trim_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let is_version = first
        .strip_prefix('v')
        .is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    if is_version {
        (first.to_owned(), rest.to_owned())
    } else {
        (VERSION_DEFAULT.to_owned(), path.to_owned())
    }
}

/// Decodes a query or a form.
pub(super) fn form(text: &[u8]) -> Parameters {
    form_urlencoded::parse(text).into_owned().collect()
}

fn object(body: &[u8]) -> Result<Parameters, Refusal> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(Refusal::parameter("The body is not a JSON object."));
    };
    Ok(members
        .into_iter()
        .map(|(name, value)| (name, plain(&value)))
        .collect())
}

/// A text as it is, anything else as JSON; ids come as text or as numbers.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A parameter that is a list: a JSON array or names with commas between.
///
/// # Errors
/// Code 100 when it begins like an array and is none.
pub(super) fn names(parameters: &Parameters, name: &str) -> Result<Vec<String>, Refusal> {
    let Some(text) = parameters.get(name) else {
        return Ok(Vec::new());
    };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|_| Refusal::parameter(format_args!("param {name} must be an array.")));
    }
    let names = text.split(',').map(str::trim);
    Ok(names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}
