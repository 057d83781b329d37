//! An answer, before anybody looks for what was asked for: is it an error, and can Postgres keep it?

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Answer, Class, GraphError, MetaError, PAUSE_DEFAULT, Pressure};

/// Looks for an error before the status: errors come with 200 as well.
pub(super) fn checked(answer: Answer, pressure: Pressure) -> Result<Bytes, MetaError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(default, borrow)]
        error: Option<&'a RawValue>,
    }
    let Answer { status, body, .. } = answer;
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

/// Postgres has no place for NUL, neither in text nor in JSON.
fn without_nul(body: Bytes) -> Bytes {
    let escape: &[u8] = br"\u0000";
    if !body.windows(escape.len()).any(|window| window == escape) {
        return body;
    }
    let stripped = serde_json::from_slice(&body)
        .map(strip_nul)
        .and_then(|value| serde_json::to_vec(&value));
    stripped.map_or(body, Bytes::from)
}

fn strip_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(members) => members.into_iter().map(strip_nul).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name.replace('\0', ""), strip_nul(value)))
            .collect(),
        other => other,
    }
}

/// A throttled call says how long to wait, by its headers or by default.
fn with_pause(mut error: GraphError, pressure: Pressure) -> GraphError {
    if error.class() == Class::Throttled {
        error.pause = Some(pressure.regain.max(pressure.reset))
            .filter(|wait| !wait.is_zero())
            .or(Some(PAUSE_DEFAULT));
    }
    error
}
