//! An answer, before anybody looks for what was asked for: is it an error, and can Postgres keep it?

use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Answer, Class, GraphError, MetaError, Pressure};

/// Looks for an error before the status: errors come with 200 as well.
pub(super) fn checked(answer: Answer, pressure: Pressure) -> Result<Bytes, MetaError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(default, borrow)]
        error: Option<&'a RawValue>,
    }
    let Answer { status, body, .. } = answer;
    if status == 200 && is_plain_list(&body) {
        return Ok(without_nul(body));
    }
    // A batch answers with a list, whose members Serde would take for fields.
    let error: Option<Value> = match serde_json::from_slice::<Vec<&RawValue>>(&body) {
        Ok(_) => None,
        Err(_) => match serde_json::from_slice(&body) {
            Ok(Head { error }) => error.and_then(|error| serde_json::from_str(error.get()).ok()),
            Err(_) => return Err(MetaError::NotJson { status }),
        },
    };
    match error.map(|error| GraphError::of(&error, status)) {
        Some(error) => Err(MetaError::Graph(with_pause(error, pressure))),
        None if status == 200 => Ok(without_nul(body)),
        None => Err(MetaError::NotJson { status }),
    }
}

/// Whether this is a whole list without a word of errors. It is read but once, by whoever asked for it: lists are long.
fn is_plain_list(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    body.starts_with(br#"{"data":["#)
        && body.ends_with(b"}")
        && memmem::find(body, br#""error""#).is_none()
}

/// Postgres has no place for NUL, neither in text nor in JSON. In JSON it is always written as an escape, and a
/// backslash always begins one.
pub(super) fn without_nul(body: Bytes) -> Bytes {
    const NUL: &[u8] = br"\u0000";
    if memmem::find(&body, NUL).is_none() {
        return body;
    }
    let mut kept = Vec::with_capacity(body.len());
    let mut rest: &[u8] = &body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at(at);
        kept.extend_from_slice(before);
        rest = escape.strip_prefix(NUL).unwrap_or_else(|| {
            let (escape, after) = escape.split_at(escape.len().min(2));
            kept.extend_from_slice(escape);
            after
        });
    }
    kept.extend_from_slice(rest);
    kept.into()
}

/// A throttled call says how long to wait, by its headers.
fn with_pause(mut error: GraphError, pressure: Pressure) -> GraphError {
    if error.class() == Class::Throttled {
        error.pause = Some(pressure.regain.max(pressure.reset)).filter(|wait| !wait.is_zero());
    }
    error
}
