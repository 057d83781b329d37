//! Lists of actions with their values.
//!
//! A page has thousands of them, and few are looked at: each is passed over once, and what it says stays text until
//! somebody asks for the number.

use std::{borrow::Cow, fmt};

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::lenient::parse_decimal;

/// One member of a list of actions, with its main value; values of single attribution windows are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure<'a> {
    pub(super) action_type: Cow<'a, str>,
    value: Option<Cow<'a, str>>,
}

impl Figure<'_> {
    /// Its value, where that is a number.
    pub(super) fn value(&self) -> Option<Decimal> {
        parse_decimal(self.value.as_deref()?)
    }
}

/// A list of actions. Members that are none, and whatever is no list, are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures<'a>(pub(super) Vec<Figure<'a>>);

impl<'de> Deserialize<'de> for Figures<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Part::deserialize(from)? {
            Part::List(figures) => Ok(Self(figures)),
            _ => Ok(Self::default()),
        }
    }
}

/// Whatever may come.
enum Part<'a> {
    List(Vec<Figure<'a>>),
    Member(Figure<'a>),
    /// Numbers are written out.
    Text(Cow<'a, str>),
    Other,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    ActionType,
    Value,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Part<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyPart)
    }
}

struct AnyPart;

impl<'de> Visitor<'de> for AnyPart {
    type Value = Part<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("actions, or anything else")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut figures = Vec::new();
        while let Some(part) = list.next_element()? {
            if let Part::Member(figure) = part {
                figures.push(figure);
            }
        }
        Ok(Part::List(figures))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let (mut action_type, mut value) = (None, None);
        while let Some(key) = object.next_key()? {
            match key {
                Key::ActionType => action_type = text(object.next_value()?),
                Key::Value => value = text(object.next_value()?),
                Key::Other => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(action_type.map_or(Part::Other, |action_type| {
            Part::Member(Figure { action_type, value })
        }))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Part::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Part::Text(text.to_owned().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Part::Text(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Part::Text(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Part::Text(number.to_string().into()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }
}

fn text(part: Part<'_>) -> Option<Cow<'_, str>> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}
