//! Templates: texts with `<variables>`, inside and outside of quotes.

use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(super) enum Part<'a> {
    Literal(&'a str),
    Variable { name: &'a str, in_quotes: bool },
}

/// Cuts a template at its `<variables>`.
pub(super) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    let mut in_quotes = false;
    while let Some((literal, name, after)) = next_variable(rest) {
        in_quotes = ends_in_quotes(literal, in_quotes);
        parts.push(Part::Literal(literal));
        parts.push(Part::Variable { name, in_quotes });
        rest = after;
    }
    parts.push(Part::Literal(rest));
    parts
}

/// The text before the next `<name>`, the name, and the rest.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('>').find_map(|(end, _)| {
        let (before, after) = (text.get(..end)?, text.get(end + 1..)?);
        let (literal, name) = before.rsplit_once('<')?;
        (!name.is_empty() && !name.contains('>')).then_some((literal, name, after))
    })
}

fn ends_in_quotes(text: &str, mut in_quotes: bool) -> bool {
    let mut escaped = false;
    for char in text.chars() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_quotes = !in_quotes,
            _ => {}
        }
    }
    in_quotes
}

pub(super) fn fill(template: &str, value_of: impl Fn(&str) -> Option<Value>) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    for part in parts(template) {
        match part {
            Part::Literal(text) => filled.push_str(text),
            Part::Variable { name, in_quotes } => {
                let value = value_of(name).unwrap_or_else(|| Value::from(""));
                filled.push_str(&written(&value, in_quotes));
            }
        }
    }
    filled
}

fn written(value: &Value, in_quotes: bool) -> String {
    let json = value.to_string();
    match value {
        _ if !in_quotes => json,
        Value::String(_) => json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'))
            .unwrap_or(&json)
            .to_owned(),
        Value::Array(_) | Value::Object(_) => json.replace('"', ""),
        _ => json,
    }
}
