//! Lists of actions with their values.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::lenient::decimal;

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
