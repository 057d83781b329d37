//! Numbers within the bounds of a schema.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde_json::{Number, Value};

use super::draw::Draw;

/// How far a number goes from the one bound that is given, or from zero.
const REACH: i64 = 100;

/// Decimal places of numbers that are not whole.
const PLACES: u32 = 2;

/// The bounds of a schema, and others where it has none.
fn bounds(schema: &Value, step: Decimal, usual: Option<u64>) -> (Decimal, Decimal) {
    let bound = |name: &str| decimal(schema.get(name)?);
    let least = bound("minimum").or_else(|| Some(bound("exclusiveMinimum")? + step));
    let most = bound("maximum").or_else(|| Some(bound("exclusiveMaximum")? - step));
    let reach = usual.map_or(Decimal::from(REACH), Decimal::from);
    let low = least
        .unwrap_or_else(|| most.map_or(Decimal::ZERO, |most| (most - reach).min(Decimal::ZERO)));
    let high = match most {
        Some(most) if usual.is_some() => most.min(low.max(reach)),
        Some(most) => most,
        None => low + reach,
    };
    (low, high)
}

fn decimal(number: &Value) -> Option<Decimal> {
    let text = number.as_number()?.to_string();
    text.parse()
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

/// A whole number that `schema` allows, up to `usual` where it allows more.
pub(super) fn whole(schema: &Value, draw: &Draw, usual: Option<u64>) -> Value {
    let (low, high) = bounds(schema, Decimal::ONE, usual);
    let (low, high) = (low.ceil(), high.floor());
    let span = (high - low).max(Decimal::ZERO).to_u64().unwrap_or(0);
    let number = low + Decimal::from(draw.below(span.saturating_add(1)));
    number.to_i64().map_or(Value::Null, Value::from)
}

/// A number that `schema` allows, up to `usual` where it allows more.
pub(super) fn any(schema: &Value, draw: &Draw, usual: Option<u64>) -> Value {
    let step = Decimal::new(1, PLACES);
    let (low, high) = bounds(schema, step, usual);
    let steps = ((high - low) / step).floor().max(Decimal::ZERO);
    let number =
        low + step * Decimal::from(draw.below(steps.to_u64().unwrap_or(0).saturating_add(1)));
    let number = number.to_f64().and_then(Number::from_f64);
    number.map_or(Value::Null, Value::Number)
}
