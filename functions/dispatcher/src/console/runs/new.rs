//! `GET` and `POST /console/jobs/{id}/run`: run now, with parameters that are those of the last time.

use askama::Template;
use axum::{
    Extension,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use shared::{
    domain::{JobId, JobStatus, RunId},
    store::{
        jobs::{Job, read as jobs},
        runs::read::{self as runs, Filter},
    },
};
use uuid::Uuid;

use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    console::{
        form::Form,
        forms::{
            landing,
            schema::{self, Field, Input},
        },
        guard::Visitor,
        jobs as pages,
        page::{self, JOBS, Shell},
        words::spaced,
    },
    idempotency::Key,
    problem::{FieldError, Problem},
    query::{Id, Query},
    runs::queue,
};

#[derive(Template)]
#[template(path = "console/run_now.html")]
pub(super) struct RunNowPage {
    pub(super) shell: Shell,
    /// Where the form is sent to.
    pub(super) action: String,
    /// Where one goes who does not.
    pub(super) back: String,
    /// What it is about: where that is, and its name.
    pub(super) about: Option<(String, String)>,
    /// What is done, as in "asset download".
    pub(super) what: String,
    /// What happens to the job.
    pub(super) hint: &'static str,
    pub(super) is_warning: bool,
    /// Fields that nobody sees. The `key` makes two clicks one run.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
    pub(super) errors: Vec<FieldError>,
    pub(super) button: &'static str,
}

/// The form.
///
/// # Errors
/// 404 without such a job; when the database does not answer.
pub(in crate::console) async fn of_job(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<JobId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let like: Option<RunId> = query.id("like")?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let job = jobs::get(&mut tx, id).await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    let like = match like {
        Some(run) => runs::get(&mut tx, run)
            .await?
            .filter(|run| run.job_id == id),
        None => {
            let filter = Filter {
                job_id: Some(id),
                ..Filter::default()
            };
            runs::list_of_all_brands(&mut tx, filter, 1).await?.pop()
        }
    };
    tx.commit().await?;
    let parameters = like.map_or_else(|| job.parameters.clone(), |run| run.parameters);
    let key = Uuid::new_v4().to_string();
    let now = state.clock.now();
    let shell = Shell::new(&visitor, JOBS, format!("Run {} now", job.name), now);
    Ok(page::html(&run_now_page(
        shell,
        &job,
        key,
        &parameters,
        vec![],
    )))
}

fn run_now_page(
    shell: Shell,
    job: &Job,
    key: String,
    parameters: &Value,
    errors: Vec<FieldError>,
) -> RunNowPage {
    let schema = job.job_type.parameters_schema();
    let url = pages::url(job.id);
    RunNowPage {
        shell,
        action: format!("{url}/run"),
        about: Some((url.clone(), job.name.clone())),
        back: url,
        what: spaced(job.job_type.name()),
        hint: if is_ended(job) {
            "The job runs no more. Its work is done once more by a one-time job of its own."
        } else {
            "The job's schedule stays as it is."
        },
        is_warning: is_ended(job),
        hidden: vec![("key", key)],
        fields: schema::fields(&schema, parameters, &errors),
        errors,
        button: "Run now",
    }
}

fn is_ended(job: &Job) -> bool {
    matches!(job.status, JobStatus::Completed | JobStatus::Archived)
}

/// Queues the run and shows it; sent twice, the form makes one.
///
/// # Errors
/// As the API, but that wrong parameters come back with the form.
pub(in crate::console) async fn start(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let mut tx = state.db.begin().await?;
    let job = jobs::get(&mut tx, id).await?;
    tx.commit().await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    let schema = job.job_type.parameters_schema();
    let parameters = schema::parameters(&schema, &form, &job.parameters);
    let key = form.get("key").unwrap_or_default();

    match queued(&state, visitor.caller.clone(), &job, key, &parameters).await {
        Ok(answer) => Ok(landing(&answer, "queued")),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let now = state.clock.now();
            let shell = Shell::new(&visitor, JOBS, format!("Run {} now", job.name), now);
            let errors = problem.told().errors;
            let page = run_now_page(shell, &job, key.to_owned(), &parameters, errors);
            Ok((problem.status(), page::html(&page)).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// A run of the job, or of a one-time job that does the same when it runs no more.
async fn queued(
    state: &State,
    caller: Caller,
    job: &Job,
    key: &str,
    parameters: &Value,
) -> Result<Response, Problem> {
    let (state, caller) = (state.clone(), Extension(caller));
    if is_ended(job) {
        let body = JsonBody::of(&json!({
            "job_type": job.job_type, "brand_id": job.brand_id, "product_id": job.product_id,
            "parameters": parameters, "name": job.name, "trigger_source": "manual",
        }))?;
        let key = Key::given(key, Uri::from_static("/api/runs"))?;
        return queue::one_time(state, caller, key, body).await;
    }
    let body = OptionalJsonBody(JsonBody::of(&json!({ "parameters": parameters }))?);
    let uri = format!("/api/jobs/{}/run", job.id);
    let uri = uri.parse().unwrap_or(Uri::from_static("/api/jobs"));
    let key = Key::given(key, uri)?;
    queue::existing(state, caller, Id(job.id), key, body).await
}
