//! Patterns from JSON; every refusal is a reason as AWS words it.

use serde_json::{Map, Value};

use super::test::{Bound, Case, Glob, Test};
use super::{Pattern, Want};

type Reason = String;

/// Deepest nesting of a pattern; `serde_json` itself stops at 128.
const DEPTH_MAX: usize = 64;

pub(super) fn pattern(fields: &Map<String, Value>) -> Result<Pattern, Reason> {
    level(fields, 0)
}

fn level(fields: &Map<String, Value>, depth: usize) -> Result<Pattern, Reason> {
    if fields.is_empty() {
        return Err("Empty objects are not allowed".to_owned());
    }
    if depth > DEPTH_MAX {
        return Err("Pattern is nested too deeply".to_owned());
    }
    let mut pattern = Pattern {
        fields: Vec::new(),
        choices: Vec::new(),
    };
    for (name, value) in fields {
        match value {
            Value::Array(choices) if name == "$or" && is_choice(choices) => {
                let choices = choices.iter().filter_map(Value::as_object);
                pattern.choices.push(
                    choices
                        .map(|choice| level(choice, depth + 1))
                        .collect::<Result<_, _>>()?,
                );
            }
            Value::Object(inside) => {
                pattern
                    .fields
                    .push((name.clone(), Want::Inside(level(inside, depth + 1)?)));
            }
            Value::Array(tests) if tests.is_empty() => {
                return Err("Empty arrays are not allowed".to_owned());
            }
            Value::Array(tests) => {
                let tests = tests.iter().map(leaf).collect::<Result<_, _>>()?;
                pattern.fields.push((name.clone(), Want::AnyOf(tests)));
            }
            _ => return Err(format!("\"{name}\" must be an object or an array")),
        }
    }
    Ok(pattern)
}

/// `$or` is an operator when it holds at least two objects; else a field of that name.
fn is_choice(choices: &[Value]) -> bool {
    choices.len() >= 2 && choices.iter().all(Value::is_object)
}

fn leaf(value: &Value) -> Result<Test, Reason> {
    match value {
        Value::Object(expression) => {
            let (kind, value) = only_entry(expression)?;
            match kind {
                "exists" => value
                    .as_bool()
                    .map(Test::Exists)
                    .ok_or_else(|| "exists match pattern must be either true or false.".to_owned()),
                "anything-but" => anything_but(value).map(Test::NoneOf),
                "numeric" => numeric(value).map(Test::Numeric),
                "cidr" => cidr(value),
                _ => text_test(kind, value),
            }
        }
        Value::Array(_) => {
            Err("Match value must be String, number, true, false, or null".to_owned())
        }
        exact => Ok(Test::Exact(exact.clone())),
    }
}

fn only_entry(expression: &Map<String, Value>) -> Result<(&str, &Value), Reason> {
    let mut entries = expression.iter();
    match (entries.next(), entries.next()) {
        (Some((kind, value)), None) => Ok((kind, value)),
        (None, _) => Err("Empty objects are not allowed".to_owned()),
        _ => Err("Only one key allowed in match expression".to_owned()),
    }
}

fn text_test(kind: &str, value: &Value) -> Result<Test, Reason> {
    let text = || match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("{kind} match pattern must be a string")),
    };
    match kind {
        "prefix" => case(kind, value).map(|(text, case)| Test::Prefix(text, case)),
        "suffix" => case(kind, value).map(|(text, case)| Test::Suffix(text, case)),
        "equals-ignore-case" => text().map(|text| Test::EqualsIgnoreCase(text.to_lowercase())),
        "wildcard" => Glob::parse(&text()?).map(Test::Wildcard),
        _ => Err(format!("Unrecognized match type {kind}")),
    }
}

fn case(kind: &str, value: &Value) -> Result<(String, Case), Reason> {
    match value {
        Value::String(text) => Ok((text.clone(), Case::Exact)),
        Value::Object(expression) => match only_entry(expression)? {
            ("equals-ignore-case", Value::String(text)) => Ok((text.to_lowercase(), Case::Ignored)),
            ("equals-ignore-case", _) => {
                Err("equals-ignore-case match pattern must be a string".to_owned())
            }
            (other, _) => Err(format!("Unsupported anything-but pattern: {other}")),
        },
        _ => Err(format!("{kind} match pattern must be a string")),
    }
}

fn anything_but(value: &Value) -> Result<Vec<Test>, Reason> {
    match value {
        Value::Object(expression) => {
            let (kind, value) = only_entry(expression)?;
            if !["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(&kind) {
                return Err(format!("Unsupported anything-but pattern: {kind}"));
            }
            each(value, |value| match value {
                Value::String(text) if text.is_empty() && kind != "wildcard" && kind != "equals-ignore-case" => {
                    Err("Null prefix/suffix not allowed".to_owned())
                }
                Value::String(_) => text_test(kind, value),
                _ => Err(format!(
                    "Inside anything-but/{kind} list, number|start|null|boolean is not supported."
                )),
            })
        }
        Value::Array(all) if !all.iter().all(Value::is_string) && !all.iter().all(Value::is_number) => {
            Err("Inside anything but list, either all values are number or string, mixed type is not supported".to_owned())
        }
        Value::Null => Err("Value of anything-but must be an array or single string/number value.".to_owned()),
        _ => each(value, |value| Ok(Test::Exact(value.clone()))),
    }
}

fn each(value: &Value, test: impl Fn(&Value) -> Result<Test, Reason>) -> Result<Vec<Test>, Reason> {
    match value {
        Value::Array(all) if all.is_empty() => Err("Empty arrays are not allowed".to_owned()),
        Value::Array(all) => all.iter().map(test).collect(),
        one => Ok(vec![test(one)?]),
    }
}

/// `["=", n]`, `["<", n]`, `[">", n]` or `[">", n, "<", m]`.
fn numeric(value: &Value) -> Result<Vec<Bound>, Reason> {
    let Value::Array(parts) = value else {
        return Err("Value of numeric must be an array.".to_owned());
    };
    let mut bounds: Vec<Bound> = Vec::new();
    for pair in parts.chunks(2) {
        let Some(Value::String(operator)) = pair.first() else {
            return Err("Invalid member in numeric match: expected an operator".to_owned());
        };
        let may_follow = match bounds.as_slice() {
            [] => true,
            [Bound::Over(_) | Bound::From(_)] => operator.starts_with('<'),
            _ => return Err("Too many elements in numeric expression".to_owned()),
        };
        let number = pair.get(1).and_then(Value::as_f64);
        let number = || number.ok_or_else(|| format!("Value of {operator} must be numeric"));
        bounds.push(match operator.as_str() {
            "=" if may_follow => Bound::Equal(number()?),
            "<" if may_follow => Bound::Under(number()?),
            "<=" if may_follow => Bound::To(number()?),
            ">" if may_follow => Bound::Over(number()?),
            ">=" if may_follow => Bound::From(number()?),
            other => return Err(format!("Bad numeric range operator: {other}")),
        });
    }
    match bounds.as_slice() {
        [] => Err("Invalid member in numeric match: expected an operator".to_owned()),
        [
            Bound::Over(low) | Bound::From(low),
            Bound::Under(high) | Bound::To(high),
        ] if low >= high => Err("Bottom must be less than top".to_owned()),
        _ => Ok(bounds),
    }
}

fn cidr(value: &Value) -> Result<Test, Reason> {
    let Value::String(text) = value else {
        return Err("prefix match pattern must be a string".to_owned());
    };
    if text.matches('/').count() != 1 {
        return Err("Malformed CIDR, one '/' required".to_owned());
    }
    text.parse()
        .map(Test::Cidr)
        .map_err(|_| format!("Malformed CIDR, {text} is not a network"))
}
