//! `GET` and `POST /console/runs/{id}/retry`: the next attempt of a failed run, as it was or with other parameters.

use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use shared::{
    domain::RunId,
    store::runs::read::{self, RunView},
};

use super::new::RunNowPage;
use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    console::{
        form::Form,
        forms::{landing, schema},
        guard::Visitor,
        page::{self, RUNS, Shell},
        run_row,
        words::spaced,
    },
    problem::{FieldError, Problem},
    query::Id,
    runs::dead,
};

/// The form, with the parameters of the run that failed.
///
/// # Errors
/// 404 without such a run; 409 for one that is no dead letter; when the database does not answer.
pub(in crate::console) async fn form(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    let run = find(&state, id).await?;
    dead::expect_retriable(&run)?;
    let shell = shell(&visitor, &run, &state);
    let parameters = run.parameters.clone();
    Ok(page::html(&retry_page(shell, &run, &parameters, vec![])))
}

/// Queues the next attempt, and shows it.
///
/// # Errors
/// As the API, but that wrong parameters come back with the form.
pub(in crate::console) async fn retry(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Id(id): Id<RunId>,
) -> Result<Response, Problem> {
    if form.get("with") != Some("parameters") {
        let body = OptionalJsonBody(JsonBody::of(&json!({}))?);
        let answer = dead::retry(state, Extension(caller), Id(id), body).await?;
        return Ok(landing(&answer, "retried"));
    }
    let run = find(&state, id).await?;
    let schema = run.job_type.parameters_schema();
    let parameters = schema::parameters(&schema, &form, &run.parameters);
    let patch = patch(&run.parameters, &parameters);
    let body = OptionalJsonBody(JsonBody::of(&json!({ "parameters": patch }))?);
    match dead::retry(state.clone(), Extension(caller), Id(id), body).await {
        Ok(answer) => Ok(landing(&answer, "retried")),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let shell = shell(&visitor, &run, &state);
            let page = retry_page(shell, &run, &parameters, problem.told().errors);
            Ok((problem.status(), page::html(&page)).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn find(state: &State, id: RunId) -> Result<RunView, Problem> {
    let mut tx = state.db.begin().await?;
    let run = read::get(&mut tx, id).await?;
    tx.commit().await?;
    run.ok_or_else(|| Problem::missing("run"))
}

fn shell(visitor: &Visitor, run: &RunView, state: &State) -> Shell {
    let title = format!("Retry {}", run.job_name);
    Shell::new(visitor, RUNS, title, state.clock.now())
}

fn retry_page(
    shell: Shell,
    run: &RunView,
    parameters: &Value,
    errors: Vec<FieldError>,
) -> RunNowPage {
    let url = run_row::url(run.id);
    RunNowPage {
        shell,
        action: format!("{url}/retry"),
        about: Some((url.clone(), "The run that failed".to_owned())),
        what: spaced(run.job_type.name()),
        hint: "The next attempt of this run gets these parameters, and no other run does: the job stays as it is.",
        is_warning: false,
        hidden: vec![("with", "parameters".to_owned())],
        fields: schema::fields(&run.job_type.parameters_schema(), parameters, &errors),
        errors,
        back: url,
        button: "Retry",
    }
}

/// What makes `new` of `old`: members that are gone are taken away.
fn patch(old: &Value, new: &Value) -> Value {
    let members = |it: &Value| it.as_object().cloned().unwrap_or_default();
    let gone = members(old)
        .into_iter()
        .map(|(name, _)| (name, Value::Null));
    let mut patch: Map<_, _> = gone.collect();
    patch.extend(members(new));
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_emptied_is_taken_away() {
        let old = json!({ "since": "2026-11-01", "days_back": 7 });

        let patch = patch(&old, &json!({ "days_back": 30 }));

        assert_eq!(patch, json!({ "since": null, "days_back": 30 }));
    }
}
