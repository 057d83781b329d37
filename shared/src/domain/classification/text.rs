//! What is kept of a model's words.

use rust_decimal::Decimal;
use serde_json::Value;

/// Words without what surrounds them; `None` where there are none. NUL is dropped: Postgres has no place for it.
pub(super) fn said(text: Option<&str>) -> Option<String> {
    let text = text?.replace('\0', "");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Each of a list that says something.
pub(super) fn said_all(list: &[String]) -> Vec<String> {
    list.iter().filter_map(|it| said(Some(it))).collect()
}

/// How sure a model is, with 3 digits; `None` where that is not from 0 to 1.
pub(super) fn confidence(number: Option<f64>) -> Option<Decimal> {
    let number = Decimal::try_from(number?).ok()?;
    let is_one = (Decimal::ZERO..=Decimal::ONE).contains(&number);
    is_one.then(|| number.round_dp(3))
}

/// An answer as it can be kept: without NUL, for which Postgres has no place.
#[must_use]
pub fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (name.replace('\0', ""), without_nul(value)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_confidence_is_from_nought_to_one() {
        let read = |number| confidence(Some(number)).map(|it| it.to_string());
        assert_eq!(read(0.87654).as_deref(), Some("0.877"));
        assert_eq!(read(0.0).as_deref(), Some("0"));
        assert_eq!(read(1.0).as_deref(), Some("1"));
        for outside in [-0.01, 1.01, 95.0, f64::NAN, f64::INFINITY] {
            assert_eq!(read(outside), None, "{outside}");
        }
    }

    #[test]
    fn nul_is_dropped_wherever_it_is() {
        let kept = without_nul(json!({"a\0": ["b\0c", {"d": "\0"}, 1, null]}));
        assert_eq!(kept, json!({"a": ["bc", {"d": ""}, 1, null]}));
        assert_eq!(said(Some(" \0 ")), None);
    }
}
