//! Fields as Meta sends them: a number may come as text, text as a number, anything as null.
//!
//! Nothing here goes through `serde_json::Value`: pages of insights have tens of thousands of fields.

use std::{borrow::Cow, fmt};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A string, a number written out, or nothing. NUL is dropped: Postgres has no place for it.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    from.deserialize_any(Lenient(
        |text: &str| Some(text.replace('\0', "")).filter(|text| !text.is_empty()),
        |number: &dyn fmt::Display| Some(number.to_string()),
    ))
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

/// One member of a list of actions, with its main value; values of single attribution windows are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Figure<'a> {
    #[serde(borrow)]
    pub(super) action_type: Cow<'a, str>,
    #[serde(default, deserialize_with = "decimal")]
    pub(super) value: Option<Decimal>,
}

/// A list of actions. Members that are none, and whatever is no list, are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures<'a>(pub(super) Vec<Figure<'a>>);

impl<'de> Deserialize<'de> for Figures<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(from)?;
        let figures = serde_json::from_str(raw.get());
        Ok(Self(
            figures.or_else(|_| one_by_one(raw)).unwrap_or_default(),
        ))
    }
}

fn one_by_one(raw: &RawValue) -> serde_json::Result<Vec<Figure<'_>>> {
    let members: Vec<&RawValue> = serde_json::from_str(raw.get())?;
    let members = members.into_iter();
    Ok(members
        .filter_map(|member| serde_json::from_str(member.get()).ok())
        .collect())
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
