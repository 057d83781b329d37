//! The JSON Schema of a job type's parameters as fields of a form, and what was entered as parameters.

use serde_json::{Map, Value, json};

use crate::{
    console::{form::Form, words::spaced},
    problem::FieldError,
};

/// What the names of these fields begin with.
const PREFIX: &str = "p.";

/// A parameter as a field.
#[derive(Clone, Debug)]
pub(in crate::console) struct Field {
    /// In the form.
    pub(in crate::console) name: String,
    pub(in crate::console) label: String,
    pub(in crate::console) hint: String,
    pub(in crate::console) input: Input,
    pub(in crate::console) value: String,
    pub(in crate::console) error: Option<String>,
}

/// How a parameter is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::console) enum Input {
    /// A whole number within bounds.
    Number { min: String, max: String },
    /// Yes or no.
    Tick,
    /// A day.
    Date,
    /// One of a few words, each with what it means.
    Choice(Vec<(String, String)>),
    /// A line of text.
    Text,
    /// Anything else, as JSON.
    Json,
}

impl Field {
    /// Whether the field, of yes or no, says yes.
    pub(in crate::console) fn is_ticked(&self) -> bool {
        self.value == "true"
    }

    /// Whether the field's value is `word`.
    pub(in crate::console) fn is(&self, word: &str) -> bool {
        self.value == word
    }
}

/// The fields of `schema` with what `parameters` say, or else what is so by default.
pub(in crate::console) fn fields(
    schema: &Value,
    parameters: &Value,
    errors: &[FieldError],
) -> Vec<Field> {
    let field = |(name, property): (&String, &Value)| {
        let of_this = |error: &&FieldError| {
            let path = error.field.strip_prefix("parameters.").unwrap_or_default();
            path == name
                || path
                    .strip_prefix(name)
                    .is_some_and(|it| it.starts_with(['.', '[']))
        };
        let value = parameters.get(name).or_else(|| property.get("default"));
        Field {
            name: format!("{PREFIX}{name}"),
            label: spaced(name),
            hint: hint(property),
            input: input(schema, property),
            value: value.map(written).unwrap_or_default(),
            error: errors
                .iter()
                .find(of_this)
                .map(|error| error.detail.clone()),
        }
    };
    properties(schema).map(field).collect()
}

/// The parameters that a form says. What is left empty, or is as by default and was not in `old`, is left out.
pub(in crate::console) fn parameters(schema: &Value, form: &Form, old: &Value) -> Value {
    let mut parameters = Map::new();
    for (name, property) in properties(schema) {
        let text = form.get(&format!("{PREFIX}{name}")).map(str::to_owned);
        let value = match input(schema, property) {
            Input::Tick => Some(Value::Bool(text.is_some())),
            input => text.map(|text| entered(&input, text)),
        };
        let is_default = value.as_ref() == property.get("default");
        if let Some(value) = value.filter(|_| !is_default || old.get(name).is_some()) {
            parameters.insert(name.clone(), value);
        }
    }
    Value::Object(parameters)
}

/// What is no number or no JSON stays a text, for the API to refuse by the field's name.
fn entered(input: &Input, text: String) -> Value {
    let read = match input {
        Input::Number { .. } => text.parse::<i64>().ok().map(|number| json!(number)),
        Input::Json => serde_json::from_str(&text).ok(),
        _ => None,
    };
    read.unwrap_or(Value::String(text))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

fn hint(property: &Value) -> String {
    let about = property.get("description").and_then(Value::as_str);
    let default = property.get("default").filter(|it| !it.is_null());
    let about = about.map(|about| about.replace('`', ""));
    match (about, default.map(written)) {
        (Some(about), Some(default)) => format!("{about} By default {default}."),
        (Some(about), None) => about,
        (None, Some(default)) => format!("By default {default}."),
        (None, None) => String::new(),
    }
}

fn input(schema: &Value, property: &Value) -> Input {
    let property = resolved(schema, property);
    if let Some(words) = choices(property) {
        return Input::Choice(words);
    }
    let bound = |name| property.get(name).map(written).unwrap_or_default();
    match kind(property) {
        Some("integer") => Input::Number {
            min: bound("minimum"),
            max: bound("maximum"),
        },
        Some("boolean") => Input::Tick,
        Some("string") if property.get("format") == Some(&json!("date")) => Input::Date,
        Some("string") => Input::Text,
        _ => Input::Json,
    }
}

/// What a reference leads to.
fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let path = property.get("$ref").and_then(Value::as_str);
    let target = path.and_then(|path| schema.pointer(path.strip_prefix('#')?));
    target.unwrap_or(property)
}

/// Its type, besides null.
fn kind(property: &Value) -> Option<&str> {
    match property.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|it| *it != "null"),
        _ => None,
    }
}

/// The words of an enumeration, each with what it means.
fn choices(property: &Value) -> Option<Vec<(String, String)>> {
    let word = |it: &Value| {
        let word = it.get("const")?.as_str()?;
        let about = it.get("description").and_then(Value::as_str);
        Some((word.to_owned(), about.unwrap_or(word).to_owned()))
    };
    if let Some(all) = property.get("oneOf").and_then(Value::as_array) {
        return all.iter().map(word).collect();
    }
    let all = property.get("enum")?.as_array()?.iter();
    all.map(|it| it.as_str().map(|word| (word.to_owned(), word.to_owned())))
        .collect()
}

/// A value as a field shows it.
fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::JobType;

    use super::*;

    fn drawn(job_type: JobType) -> Vec<Field> {
        fields(&job_type.parameters_schema(), &json!({}), &[])
    }

    fn field(job_type: JobType, name: &str) -> Field {
        let name = format!("p.{name}");
        let found = drawn(job_type).into_iter().find(|it| it.name == name);
        found.unwrap()
    }

    #[test]
    fn every_parameter_of_every_type_has_a_field_of_its_kind() {
        let bounded = |min: &str, max: &str| Input::Number {
            min: min.to_owned(),
            max: max.to_owned(),
        };
        let videos = field(JobType::AssetDownload, "max_videos");
        assert_eq!(videos.input, bounded("0", "100"));
        assert_eq!(videos.value, "20");
        assert_eq!(
            field(JobType::MetaSync, "classify_days_back").input,
            bounded("1", "90")
        );
        assert_eq!(field(JobType::MetaSync, "since").input, Input::Date);
        assert!(field(JobType::MetaSync, "scrape_missing_lp").is_ticked());
        let Input::Choice(words) = field(JobType::AdClassification, "scope").input else {
            panic!("a scope is chosen");
        };
        let words: Vec<_> = words.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["active", "spend"]);
        assert_eq!(field(JobType::AssetDownload, "classify").input, Input::Json);
        for job_type in JobType::ALL {
            for field in drawn(*job_type) {
                assert!(!field.hint.is_empty(), "{job_type} {}", field.name);
                let is_text = field.input == Input::Text;
                assert_eq!(
                    is_text,
                    field.name == "p.brand_id",
                    "{job_type} {}",
                    field.name
                );
            }
        }
    }
}
