//! An answer of the shape that a JSON Schema says, made of nothing but chance.
//!
//! Understood: `type` (also several), `enum`, `const`, `anyOf`, `oneOf`, `$ref` within the schema, `properties`,
//! `required`, `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, bounds of numbers, `format` of dates.
//! Not imitated: `pattern`, `allOf`, `prefixItems`, `uniqueItems`, `multipleOf`, and sense.
//!
//! Numbers called `…_sec` are places in a video: within a length guessed from its size, and ascending through a list.

use serde_json::{Map, Value, json};

use super::{draw::Draw, numbers};

/// Deeper schemas end here: one may refer to itself.
const DEPTH_MAX: usize = 24;

/// Members of a list, unless its schema wants more.
const ITEMS_MAX: u64 = 3;

/// One in so many values that may be missing is.
const MISSING_ONE_IN: u64 = 4;

/// The length of a video where there is none to guess from.
const SECONDS: u64 = 30;

/// What makes an answer.
struct Maker<'a> {
    root: &'a Value,
    seconds: u64,
}

/// An answer for everything that was given, with the length of its video in seconds.
pub(super) fn make(schema: &Value, draw: &Draw, seconds: Option<u64>) -> Value {
    let maker = Maker {
        root: schema,
        seconds: seconds.unwrap_or(SECONDS),
    };
    maker.value(schema, draw, "", 0)
}

impl Maker<'_> {
    fn value(&self, schema: &Value, draw: &Draw, name: &str, depth: usize) -> Value {
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(target) = self.referred(schema) {
            return self.value(target, draw, name, depth + 1);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(members) = schema.get("enum").and_then(Value::as_array) {
            return draw.one(members).cloned().unwrap_or_default();
        }
        let branches = ["anyOf", "oneOf"]
            .iter()
            .find_map(|it| schema.get(it)?.as_array());
        if let Some(branch) = branches.and_then(|all| draw.at("branch").one(all)) {
            return self.value(branch, &draw.at("of"), name, depth + 1);
        }
        match kind(schema, draw) {
            "object" => self.object(schema, draw, depth),
            "array" => self.array(schema, draw, depth),
            "integer" => self.number(numbers::whole, schema, draw, name),
            "number" => self.number(numbers::any, schema, draw, name),
            "boolean" => (draw.below(2) == 1).into(),
            "string" => string(schema, draw),
            _ => Value::Null,
        }
    }

    fn referred<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        let place = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(place)
    }

    fn object(&self, schema: &Value, draw: &Draw, depth: usize) -> Value {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
        let made = properties
            .unwrap_or(&none)
            .iter()
            .filter_map(|(name, schema)| {
                let draw = draw.at(name);
                let is_there = is_required(name) || draw.at("there").below(MISSING_ONE_IN) > 0;
                is_there.then(|| (name.clone(), self.value(schema, &draw, name, depth + 1)))
            });
        Value::Object(made.collect())
    }

    fn array(&self, schema: &Value, draw: &Draw, depth: usize) -> Value {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or(1);
        let most = bound("maxItems")
            .unwrap_or(u64::MAX)
            .min(ITEMS_MAX.max(least));
        let least = least.min(most);
        let count = least + draw.at("count").below(most - least + 1);
        let open = json!({"type": "string"});
        let items = schema.get("items").unwrap_or(&open);
        let made = (0..count).map(|place| {
            let draw = draw.at(&place.to_string());
            self.value(items, &draw, "", depth + 1)
        });
        let mut made: Vec<Value> = made.collect();
        put_in_order(&mut made);
        made.into()
    }

    fn number(
        &self,
        make: fn(&Value, &Draw, Option<u64>) -> Value,
        schema: &Value,
        draw: &Draw,
        name: &str,
    ) -> Value {
        match name.strip_suffix("_sec") {
            Some(what) if what.contains("duration") => {
                let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
                let least = self.seconds.max(bound("minimum").unwrap_or(0));
                let whole = least.min(bound("maximum").unwrap_or(u64::MAX));
                make(&json!({"minimum": whole, "maximum": whole}), draw, None)
            }
            Some(_) => make(schema, draw, Some(self.seconds)),
            None => make(schema, draw, None),
        }
    }
}

/// The type of a value. Where null is allowed, it is sometimes that.
fn kind<'a>(schema: &'a Value, draw: &Draw) -> &'a str {
    let (types, is_nullable) = match schema.get("type") {
        Some(Value::String(one)) => {
            let is_nullable = schema.get("nullable").and_then(Value::as_bool);
            (vec![one.as_str()], is_nullable.unwrap_or(false))
        }
        Some(Value::Array(several)) => {
            let types = several.iter().filter_map(Value::as_str);
            let (null, types): (Vec<_>, Vec<_>) = types.partition(|it| *it == "null");
            (types, !null.is_empty())
        }
        _ if schema.get("properties").is_some() => (vec!["object"], false),
        _ => (vec!["string"], false),
    };
    if is_nullable && draw.at("null").below(MISSING_ONE_IN) == 0 {
        return "null";
    }
    draw.at("type").one(&types).copied().unwrap_or("null")
}

fn string(schema: &Value, draw: &Draw) -> Value {
    let length = |name: &str| usize::try_from(schema.get(name)?.as_u64()?).ok();
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-01".to_owned(),
        Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
        _ => format!("stand-in {}", draw.word()),
    };
    let least = length("minLength").unwrap_or(0);
    let most = length("maxLength").unwrap_or(usize::MAX);
    let endless = text.chars().chain(std::iter::repeat('.'));
    let wanted = text.chars().count().clamp(least.min(most), most);
    Value::String(endless.take(wanted).collect())
}

/// Puts the places in a video into order through the members of a list, in each of which starts come before ends.
fn put_in_order(members: &mut [Value]) {
    let names = |member: &Value| {
        let fields = member.as_object().into_iter().flatten();
        let is_place = |name: &str| name.ends_with("_sec") && !name.contains("duration");
        let places = fields.filter(|(name, value)| is_place(name) && value.is_number());
        let mut names: Vec<_> = places.map(|(name, _)| name.clone()).collect();
        names.sort_by_key(|name| name.contains("end"));
        names
    };
    let places: Vec<(usize, String)> = members
        .iter()
        .enumerate()
        .flat_map(|(at, member)| names(member).into_iter().map(move |name| (at, name)))
        .collect();
    let mut values: Vec<Value> = places
        .iter()
        .filter_map(|(at, name)| members.get(*at)?.get(name).cloned())
        .collect();
    values.sort_by(|a, b| {
        a.as_f64()
            .unwrap_or(0.0)
            .total_cmp(&b.as_f64().unwrap_or(0.0))
    });
    for ((at, name), value) in places.into_iter().zip(values) {
        if let Some(field) = members.get_mut(at).and_then(|member| member.get_mut(&name)) {
            *field = value;
        }
    }
}
