//! Fields as Meta sends them: a number may come as text, text as a number, anything as null. A value of another
//! type than expected counts as absent.
//!
//! Pages of insights have tens of thousands of fields, so text and decimals do not go through `serde_json::Value`.

use std::fmt;

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A string, a number written out, or nothing. NUL is dropped: Postgres has no place for it.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    from.deserialize_any(Lenient(kept, |number: &dyn fmt::Display| {
        Some(number.to_string())
    }))
}

/// A number, exact: as text, or written out.
pub(super) fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    from.deserialize_any(Lenient(parse_decimal, |number: &dyn fmt::Display| {
        parse_decimal(&number.to_string())
    }))
}

/// A number as Meta writes it, also `1e-7`.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text)
        .or_else(|_| text.parse())
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// What to make of text and of numbers; everything else is nothing.
struct Lenient<T, N>(T, N);

impl<'de, V, T, N> Visitor<'de> for Lenient<T, N>
where
    T: Fn(&str) -> Option<V>,
    N: Fn(&dyn fmt::Display) -> Option<V>,
{
    type Value = Option<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number or nothing")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok((self.0)(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok((self.1)(&number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok((self.1)(&number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok((self.1)(&number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
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
    kept(value.as_str()?)
}

fn kept(text: &str) -> Option<String> {
    let text = if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text.to_owned()
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Both {
        #[serde(default, deserialize_with = "text")]
        text: Option<String>,
        #[serde(default, deserialize_with = "decimal")]
        number: Option<Decimal>,
    }

    fn read(json: &str) -> (Option<String>, Option<String>) {
        let both: Both = serde_json::from_str(json).unwrap();
        (both.text, both.number.map(|number| number.to_string()))
    }

    #[test]
    fn text_and_numbers_are_read_however_they_come() {
        for (json, text, number) in [
            (
                r#"{"text":"a\u0000b","number":"1.333333"}"#,
                Some("ab"),
                Some("1.333333"),
            ),
            (
                r#"{"text":18446744073709551615,"number":12}"#,
                Some("18446744073709551615"),
                Some("12"),
            ),
            (r#"{"text":"","number":-0.5}"#, None, Some("-0.5")),
            (r#"{"text":null,"number":"1e-7"}"#, None, Some("0.0000001")),
            (r#"{"text":["a"],"number":{"a":1}}"#, None, None),
            (r#"{"text":true,"number":"N/A"}"#, None, None),
            (r#"{"number":"0"}"#, None, Some("0")),
        ] {
            let (text, number) = (text.map(str::to_owned), number.map(str::to_owned));
            assert_eq!(read(json), (text, number), "{json}");
        }
    }
}
