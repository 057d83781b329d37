//! The `fields` parameter: which members of an object were asked for.
//!
//! Its grammar: a comma list or a JSON array of names; a name may carry edge parameters
//! (`.limit(3)`), and braces choose members of what it names.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// How deep braces may nest. The longest request of ours needs two.
const DEPTH_MAX: usize = 6;

/// One wanted member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// The members wanted of it; empty means all.
    pub(super) inner: Vec<Field>,
}

/// Reads the parameter.
///
/// # Errors
/// A Graph syntax error when it is not well formed.
pub(super) fn parse(text: &str) -> Result<Vec<Field>, Refusal> {
    if text.trim_start().starts_with('[') {
        let names: Vec<String> = serde_json::from_str(text)
            .map_err(|_| Refusal::parameter("param fields must be an array."))?;
        return names.iter().try_fold(Vec::new(), |mut fields, name| {
            fields.extend(parse(name)?);
            Ok(fields)
        });
    }
    let mut rest = text;
    let fields = list(&mut rest, 0)?;
    if rest.is_empty() {
        Ok(fields)
    } else {
        Err(syntax(rest))
    }
}

fn list(rest: &mut &str, depth: usize) -> Result<Vec<Field>, Refusal> {
    if depth > DEPTH_MAX {
        return Err(Refusal::parameter("fields are nested too deeply"));
    }
    let mut fields = Vec::new();
    loop {
        *rest = rest.trim_start();
        let name = name(rest);
        if name.is_empty() {
            return Err(syntax(rest));
        }
        skip_parameters(rest)?;
        let inner = match rest.strip_prefix('{') {
            Some(inside) => {
                *rest = inside;
                let inner = list(rest, depth + 1)?;
                *rest = rest.strip_prefix('}').ok_or_else(|| syntax(rest))?;
                inner
            }
            None => Vec::new(),
        };
        fields.push(Field { name, inner });
        *rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => *rest = more,
            None => return Ok(fields),
        }
    }
}

fn name(rest: &mut &str) -> String {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    name.to_owned()
}

/// `.time_increment(1).limit(3)`: read and ignored.
fn skip_parameters(rest: &mut &str) -> Result<(), Refusal> {
    while let Some(inside) = rest.strip_prefix('.') {
        let (_, after) = inside.split_once(')').ok_or_else(|| syntax(rest))?;
        *rest = after;
    }
    Ok(())
}

fn syntax(rest: &str) -> Refusal {
    let near: String = rest.chars().take(20).collect();
    Refusal {
        code: 2500,
        ..Refusal::parameter(format_args!(
            "Syntax error \"Expected name\" at the beginning of: {near}"
        ))
    }
}

/// The members of `object` that were asked for; `id` always comes along. Members it does not have
/// are left out, as the Graph API leaves out what is empty.
pub(super) fn choose(object: &Value, fields: &[Field]) -> Value {
    match object {
        Value::Array(items) => items.iter().map(|item| choose(item, fields)).collect(),
        Value::Object(members) if !fields.is_empty() => {
            let mut chosen = Map::new();
            for field in fields {
                if let Some(value) = members.get(&field.name) {
                    chosen.insert(field.name.clone(), choose(value, &field.inner));
                }
            }
            if let Some(id) = members.get("id") {
                chosen.insert("id".to_owned(), id.clone());
            }
            Value::Object(chosen)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn braces_choose_members_and_id_comes_along() {
        let fields = parse("name, creative{image_hash,object_story_spec{link_data}}").unwrap();
        let ad = json!({"id": "1", "name": "a", "status": "ACTIVE", "creative":
            {"id": "2", "image_hash": "h", "title": "t", "object_story_spec": {"link_data": {"link": "l"}, "page_id": "3"}}});

        let chosen = choose(&ad, &fields);

        assert_eq!(
            chosen,
            json!({"id": "1", "name": "a", "creative":
                {"id": "2", "image_hash": "h", "object_story_spec": {"link_data": {"link": "l"}}}})
        );
    }

    #[test]
    fn edge_parameters_and_json_arrays_are_understood() {
        let dotted = parse("insights.time_increment(1).limit(3){spend},id").unwrap();
        let array = parse(r#"["insights{spend}","id"]"#).unwrap();

        assert_eq!(dotted, array);
    }

    #[test]
    fn an_open_brace_is_refused() {
        assert_eq!(parse("creative{id").unwrap_err().code, 2500);
        assert_eq!(parse("id,,name").unwrap_err().code, 2500);
    }
}
