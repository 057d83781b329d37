//! `GET /api/job-types`: what can be scheduled, with the JSON Schema of its parameters.

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{domain::JobType, store::job_types};

use crate::{State, problem::Problem};

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobTypes {
    job_types: Vec<View>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct View {
    name: String,
    scope: String,
    description: String,
    dataset_key: Option<String>,
    running_max: Option<i32>,
    running_per_brand_max: Option<i32>,
    parameters_schema: Value,
    defaults: Value,
}

/// Every job type that has a row and a function.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list(state: State) -> Result<Json<JobTypes>, Problem> {
    let mut tx = state.db.begin().await?;
    let rows = job_types::all(&mut tx).await?;
    tx.commit().await?;

    let job_types = rows
        .into_iter()
        .filter_map(|row| {
            let schema = row.name.parse::<JobType>().ok()?.parameters_schema();
            Some(View {
                name: row.name,
                scope: row.scope,
                description: row.description,
                dataset_key: row.dataset_key,
                running_max: row.running_max,
                running_per_brand_max: row.running_per_brand_max,
                defaults: defaults(&schema),
                parameters_schema: schema,
            })
        })
        .collect();
    Ok(Json(JobTypes { job_types }))
}

/// What each parameter is when it is left out.
fn defaults(schema: &Value) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let defaults: Map<_, _> = properties
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| Some((name.clone(), property.get("default")?.clone())))
        .collect();
    Value::Object(defaults)
}
