//! `GET /api/openapi.json`: what the API takes and answers, for programs.
//!
//! Types describe themselves, by the same declarations that read and write their JSON. A test holds the list of
//! operations against the addresses that are served.
//!
//! **Source:** OpenAPI Specification 3.1.1; its schemas are those of JSON Schema 2020-12.

mod brands;
mod jobs;
mod news;
mod operation;
mod runs;
mod tokens;
mod webhooks;

use axum::Json;
use schemars::{
    Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};

use self::operation::Operation;
use crate::problem;

/// The document.
pub(crate) async fn show() -> Json<Value> {
    Json(document())
}

/// Every operation of the API.
fn operations() -> Vec<Operation> {
    [
        jobs::operations(),
        runs::operations(),
        brands::operations(),
        tokens::operations(),
        webhooks::operations(),
        news::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for operation in operations() {
        let told = operation.described(&mut schemas);
        let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(operation.method.to_owned(), told);
        }
    }
    let problem = schemas.given(SchemaGenerator::subschema_for::<problem::Body<'_>>);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Sundial",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Scheduled jobs, their runs, and what is known of each moment that should have run.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "What is the matter, as RFC 9457 has it",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "schemas": schemas.all(),
        },
    })
}

/// The schemas that the document names. What is taken may leave out what has a default; what is given has it.
#[derive(Debug)]
struct Schemas {
    taken: SchemaGenerator,
    given: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let of = |contract| {
            SchemaSettings::draft2020_12()
                .with(|settings| {
                    settings.definitions_path = "/components/schemas".into();
                    settings.meta_schema = None;
                    settings.contract = contract;
                })
                .into_generator()
        };
        Self {
            taken: of(Contract::Deserialize),
            given: of(Contract::Serialize),
        }
    }

    /// The schema of something that callers send.
    fn taken(&mut self, describe: fn(&mut SchemaGenerator) -> Schema) -> Value {
        describe(&mut self.taken).to_value()
    }

    /// The schema of something that callers get.
    fn given(&mut self, describe: fn(&mut SchemaGenerator) -> Schema) -> Value {
        describe(&mut self.given).to_value()
    }

    fn all(mut self) -> Map<String, Value> {
        let mut all = self.taken.take_definitions(true);
        all.extend(self.given.take_definitions(true));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_schema_in_both_directions() {
        let mut schemas = Schemas::new();
        for operation in operations() {
            operation.described(&mut schemas);
        }
        let taken = schemas.taken.take_definitions(true);
        let given = schemas.given.take_definitions(true);
        for (name, schema) in &taken {
            let other = given.get(name).unwrap_or(schema);
            assert_eq!(other, schema, "{name}");
        }
        assert!(taken.len() > 5 && given.len() > 20);
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_an_answer() {
        let document = document();
        let mut ids = std::collections::BTreeSet::new();
        let paths = document["paths"].as_object().unwrap();
        for (path, methods) in paths {
            for (method, told) in methods.as_object().unwrap() {
                assert!(
                    ids.insert(told["operationId"].to_string()),
                    "{method} {path}"
                );
                assert!(
                    told["responses"].as_object().unwrap().len() > 1,
                    "{method} {path}"
                );
            }
        }
    }
}
