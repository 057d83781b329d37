//! What the document says of one address and method.

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};
use shared::domain::message::Channel;

use super::Schemas;

/// How a type describes itself.
type Describe = fn(&mut SchemaGenerator) -> Schema;

/// One address with one method.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What it does, in one line.
    summary: &'static str,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    answers: Vec<Answer>,
    /// Whether it asks for a signature in place of a token.
    is_signed: bool,
}

/// A part of the query string, or a header.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    name: &'static str,
    place: &'static str,
    description: &'static str,
    schema: Described,
}

#[derive(Clone, Debug)]
enum Described {
    AsIs(Value),
    By(Describe),
}

#[derive(Debug)]
struct Body {
    describe: Describe,
    is_required: bool,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    description: &'static str,
    describe: Option<Describe>,
    headers: &'static [(&'static str, &'static str)],
}

/// A value of a type, in the query string.
pub(super) fn query<T: JsonSchema>(name: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        place: "query",
        description,
        schema: Described::By(SchemaGenerator::subschema_for::<T>),
    }
}

/// A text, in the query string.
pub(super) fn text(name: &'static str, description: &'static str) -> Parameter {
    Parameter {
        name,
        place: "query",
        description,
        // No text that the database can hold has the character U+0000.
        schema: Described::AsIs(json!({"type": "string", "pattern": r"^[^\u0000]*$"})),
    }
}

/// A whole number, in the query string.
pub(super) fn number(
    name: &'static str,
    (least, most): (i64, i64),
    default: i64,
    description: &'static str,
) -> Parameter {
    let schema = json!({"type": "integer", "minimum": least, "maximum": most, "default": default});
    Parameter {
        name,
        place: "query",
        description,
        schema: Described::AsIs(schema),
    }
}

/// A header.
pub(super) fn header(
    name: &'static str,
    pattern: &'static str,
    description: &'static str,
) -> Parameter {
    Parameter {
        name,
        place: "header",
        description,
        schema: Described::AsIs(json!({"type": "string", "pattern": pattern})),
    }
}

impl Operation {
    pub(super) fn new(method: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            summary,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            is_signed: false,
        }
    }

    pub(super) fn get(path: &'static str, summary: &'static str) -> Self {
        Self::new("get", path, summary)
    }

    pub(super) fn post(path: &'static str, summary: &'static str) -> Self {
        Self::new("post", path, summary)
    }

    pub(super) fn patch(path: &'static str, summary: &'static str) -> Self {
        Self::new("patch", path, summary)
    }

    pub(super) fn delete(path: &'static str, summary: &'static str) -> Self {
        Self::new("delete", path, summary)
    }

    /// Takes parameters beside those of the path.
    pub(super) fn takes(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Asks for no token: its headers sign it.
    pub(super) fn signed(mut self) -> Self {
        self.is_signed = true;
        self
    }

    /// Needs a JSON body.
    pub(super) fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(Body {
            describe: SchemaGenerator::subschema_for::<T>,
            is_required: true,
        });
        self
    }

    /// Takes a JSON body that may be left out.
    pub(super) fn optional_body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(Body {
            describe: SchemaGenerator::subschema_for::<T>,
            is_required: false,
        });
        self
    }

    /// Answers with JSON.
    pub(super) fn answers<T: JsonSchema>(
        mut self,
        status: StatusCode,
        description: &'static str,
    ) -> Self {
        self.answers.push(Answer {
            status,
            description,
            describe: Some(SchemaGenerator::subschema_for::<T>),
            headers: &[],
        });
        self
    }

    /// Answers without a body.
    pub(super) fn ends(mut self, status: StatusCode, description: &'static str) -> Self {
        self.answers.push(Answer {
            status,
            description,
            describe: None,
            headers: &[],
        });
        self
    }

    /// The answer named last has these headers, each with what it is.
    pub(super) fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers = headers;
        }
        self
    }

    /// The object of the document.
    pub(super) fn described(&self, schemas: &mut Schemas) -> Value {
        let mut parameters = self.of_path();
        for parameter in &self.parameters {
            let schema = match &parameter.schema {
                Described::AsIs(schema) => schema.clone(),
                Described::By(describe) => schemas.taken(*describe),
            };
            let schema = match parameter.place {
                // What a form leaves empty is as if it were left out.
                "query" => json!({"anyOf": [schema, {"const": ""}]}),
                _ => schema,
            };
            parameters.push(json!({
                "name": parameter.name,
                "in": parameter.place,
                "description": parameter.description,
                "schema": schema,
            }));
        }
        let mut told = json!({
            "operationId": self.id(),
            "summary": self.summary,
            "parameters": parameters,
            "responses": self.responses(schemas),
        });
        if let (true, Some(told)) = (self.is_signed, told.as_object_mut()) {
            told.insert("security".to_owned(), json!([]));
        }
        if let (Some(body), Some(told)) = (&self.body, told.as_object_mut()) {
            let schema = schemas.taken(body.describe);
            told.insert(
                "requestBody".to_owned(),
                json!({
                    "required": body.is_required,
                    "content": {"application/json": {"schema": schema}},
                }),
            );
        }
        told
    }

    fn responses(&self, schemas: &mut Schemas) -> Value {
        let mut responses: serde_json::Map<_, _> = self
            .answers
            .iter()
            .map(|answer| {
                let headers: serde_json::Map<_, _> = answer
                    .headers
                    .iter()
                    .map(|(name, what)| {
                        let header = json!({"description": what, "schema": {"type": "string"}});
                        ((*name).to_owned(), header)
                    })
                    .collect();
                let mut told = json!({"description": answer.description, "headers": headers});
                if let (Some(describe), Some(told)) = (answer.describe, told.as_object_mut()) {
                    let schema = schemas.given(describe);
                    let content = json!({"application/json": {"schema": schema}});
                    told.insert("content".to_owned(), content);
                }
                (answer.status.as_str().to_owned(), told)
            })
            .collect();
        let problem = json!({"$ref": "#/components/responses/Problem"});
        responses.insert("default".to_owned(), problem);
        Value::Object(responses)
    }

    /// The names in braces; ids but for those that other systems give.
    fn of_path(&self) -> Vec<Value> {
        names(self.path)
            .map(|name| {
                let schema = match name {
                    "account" => json!({"type": "string", "pattern": "^(act_)?[0-9]{1,32}$"}),
                    "ad" => json!({"type": "string", "pattern": "^[0-9]{1,32}$"}),
                    "dataset" => json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{1,40}$"}),
                    "channel" => json!({"enum": Channel::ALL}),
                    _ => json!({"type": "string", "format": "uuid"}),
                };
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect()
    }

    /// As in `post_jobs_id_pause`.
    fn id(&self) -> String {
        let words = self
            .path
            .split(|it: char| !it.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty() && *word != "api");
        let words = std::iter::once(self.method).chain(words);
        words.collect::<Vec<_>>().join("_")
    }
}

fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
