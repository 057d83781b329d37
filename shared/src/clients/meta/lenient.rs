//! Readers of single fields. None of them fails: a value of another type than expected counts as absent.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A string, a number written out, or nothing. NUL is dropped: Postgres has no place for it.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        text @ Value::String(_) => string(&text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A whole number in the range of pixels, or nothing.
pub(super) fn pixels<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(value
        .as_i64()
        .and_then(|pixels| pixels.try_into().ok())
        .filter(|pixels| *pixels > 0))
}

/// A number of seconds, or nothing.
pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(Value::deserialize(from)?
        .as_f64()
        .filter(|seconds| *seconds >= 0.0))
}

/// Empty objects arrive as `[]`, missing ones as null: both are the default.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(from)?;
    Ok(if value.is_object() {
        T::deserialize(value).unwrap_or_default()
    } else {
        T::default()
    })
}

/// The members of a list that can be read; anything else is an empty list.
pub(super) fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(members) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    Ok(members
        .into_iter()
        .filter(Value::is_object)
        .filter_map(|member| T::deserialize(member).ok())
        .collect())
}

/// The links of a feed: objects with a `website_url`, or plain strings.
pub(super) fn links<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(members) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    let link = |member: &Value| string(member.get("website_url").unwrap_or(member));
    Ok(members.iter().filter_map(link).collect())
}

/// The text of a welcome message: a plain string, an object, or an object written out as a string.
///
/// **Source:** Meta, "Ad Creative Link Data" (`page_welcome_message`) for the string; "Click to Messenger
/// Ads" for the object, whose text is at its top, in its `message`, or in its `text_format`.
pub(super) fn welcome<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(from)?;
    let written_out = value
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    let written_out = written_out.filter(Value::is_object);
    let object = written_out.as_ref().unwrap_or(&value);
    let places = ["/text", "/message/text", "/text_format/message/text"];
    let within = places
        .iter()
        .find_map(|place| object.pointer(place).and_then(string));
    Ok(within.or_else(|| string(object)))
}

fn string(value: &Value) -> Option<String> {
    let text = value.as_str()?.replace('\0', "");
    (!text.is_empty()).then_some(text)
}
