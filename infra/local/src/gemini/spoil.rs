//! Answers that their schema does not allow, one way each.

use serde_json::{Value, json};

use super::faults::Wrong;

/// A text that no `enum` has.
const NO_MEMBER: &str = "stand-in of no member";

/// Makes a good answer wrong, as ordered. One that cannot go wrong in that way stays as it is.
pub(super) fn spoil(answer: &mut Value, schema: &Value, wrong: &Wrong) {
    match wrong {
        Wrong::WrongEnum => {
            leave_enum(answer, schema);
        }
        Wrong::MissingRequired => {
            if let (Some(name), Some(fields)) = (required(schema), answer.as_object_mut()) {
                fields.remove(name);
            }
        }
        Wrong::WrongType => {
            let field = required(schema).and_then(|name| answer.get_mut(name));
            if let Some(field) = field {
                *field = json!({"stand-in": "of another type"});
            }
        }
        Wrong::ExtraProperty => {
            if let Some(fields) = answer.as_object_mut() {
                fields.insert("stand_in_extra".to_owned(), true.into());
            }
        }
        _ => {}
    }
}

/// The first property that must be there.
fn required(schema: &Value) -> Option<&str> {
    schema.pointer("/required/0")?.as_str()
}

/// Changes the first value that has an `enum`; whether there was one.
fn leave_enum(answer: &mut Value, schema: &Value) -> bool {
    if schema.get("enum").is_some() {
        *answer = NO_MEMBER.into();
        return true;
    }
    match answer {
        Value::Object(fields) => fields.iter_mut().any(|(name, value)| {
            let schema = schema.get("properties").and_then(|all| all.get(name));
            schema.is_some_and(|schema| leave_enum(value, schema))
        }),
        Value::Array(items) => items.iter_mut().any(|item| {
            let schema = schema.get("items");
            schema.is_some_and(|schema| leave_enum(item, schema))
        }),
        _ => false,
    }
}
