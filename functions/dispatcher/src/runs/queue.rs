//! `POST /api/runs` and `POST /api/jobs/{id}/run`: run now.
//!
//! One transaction of one statement, then the event: what stands between a click and a start.

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    domain::{BrandId, JobId, JobStatus, JobType, ProductId, RunId, RunStatus},
    store::{
        jobs::{
            TriggerSource,
            create::{self, Owner},
            read,
        },
        runs::request::{self, IdempotencyKey, OneTime, Request, Requested},
    },
};

use super::view;
use crate::{
    State, announce,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    idempotency::{self, Key},
    jobs::{
        edit::ended,
        fields::{self, Errors},
        owner,
    },
    problem::Problem,
    query::Id,
};

/// A run of a job that does not exist yet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunBody {
    pub(crate) job_type: JobType,
    pub(crate) brand_id: Option<BrandId>,
    pub(crate) product_id: Option<ProductId>,
    pub(crate) parameters: Option<Value>,
    pub(crate) name: Option<String>,
    pub(crate) trigger_source: Option<TriggerSource>,
    /// Attempts after the first one; three when it is left out.
    pub(crate) max_retries: Option<i32>,
}

/// A run of a job that exists.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunJobBody {
    parameters: Option<Value>,
}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    run_id: RunId,
    job_id: JobId,
    status: RunStatus,
    url: String,
}

/// Queues a one-time job that runs at once.
pub(crate) async fn one_time(
    state: State,
    Extension(caller): Extension<Caller>,
    key: Key,
    body: JsonBody<RunBody>,
) -> Result<Response, Problem> {
    let job = one_time_job(body.value, JobId::new())?;
    order(&state, caller, key.of(&body.bytes), job).await
}

/// Makes a one-time job and its run.
///
/// # Errors
/// 409 when the job's id is taken, and as [`one_time`].
pub(crate) async fn order(
    state: &State,
    caller: Caller,
    key: Option<IdempotencyKey>,
    job: OneTime,
) -> Result<Response, Problem> {
    owner::permit(state, &caller, job.job_type, job.owner).await?;
    let request = request_of(state, &caller, key);
    let mut tx = state.db.begin().await?;
    match request::one_time(&mut tx, &request, &job).await {
        Ok(Some(requested)) => {
            tx.commit().await?;
            Ok(accept(state, requested).await)
        }
        Ok(None) => {
            drop(tx);
            if let Some(first) = repeated(state, request.idempotency.as_ref()).await? {
                return Ok(answer(first));
            }
            let mut tx = state.db.begin().await?;
            Err(owner::missing(&mut tx, job.owner).await?)
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            let detail = "another job has this id";
            Err(Problem::conflict("id-taken", detail))
        }
        Err(error) if create::is_wrong_scope(&error) => {
            drop(tx);
            let mut tx = state.db.begin().await?;
            Err(owner::unfit(&mut tx, job.job_type, job.owner).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The job that a body asks for.
///
/// # Errors
/// 422 with every field that cannot be as given.
pub(crate) fn one_time_job(body: RunBody, job_id: JobId) -> Result<OneTime, Problem> {
    let mut errors = Errors::default();
    let parameters = body.parameters.unwrap_or_else(|| json!({}));
    errors.note(fields::parameters(body.job_type, &parameters));
    let default = || format!("{}, on request", fields::title(body.job_type));
    let name = errors.note(fields::name(body.name.as_deref(), default));
    let trigger_source = body.trigger_source.unwrap_or_default();
    if trigger_source == TriggerSource::Scheduled {
        errors.add(
            "trigger_source",
            "must be `manual` or `api` for a run that starts at once",
        );
    }
    let max_retries = errors.note(fields::max_retries(body.max_retries));
    errors.finish()?;
    Ok(OneTime {
        max_retries: max_retries.unwrap_or_default(),
        job_id,
        job_type: body.job_type,
        owner: Owner {
            brand_id: body.brand_id,
            product_id: body.product_id,
        },
        name: name.unwrap_or_default(),
        parameters,
        trigger_source,
    })
}

/// Queues a run of a job, whose schedule stays as it is.
pub(crate) async fn existing(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(job_id): Id<JobId>,
    key: Key,
    OptionalJsonBody(body): OptionalJsonBody<RunJobBody>,
) -> Result<Response, Problem> {
    let key = key.of(&body.bytes);
    let parameters = body.value.parameters.as_ref();
    match of_job(&state, &caller, job_id, key, parameters).await? {
        Asked::Now(requested) => Ok(accept(&state, requested).await),
        Asked::Before(requested) => Ok(answer(requested)),
    }
}

/// A run of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// It is new, and its event has not left.
    Now(Requested),
    /// A request with the same key asked for it.
    Before(Requested),
}

/// Queues a run of a job in a transaction of its own. The caller sends its event.
///
/// # Errors
/// 404 and 409 for a job that cannot run; 422 for parameters or a key that cannot be used; when the database does
/// not answer.
pub(crate) async fn of_job(
    state: &State,
    caller: &Caller,
    job_id: JobId,
    key: Option<IdempotencyKey>,
    parameters: Option<&Value>,
) -> Result<Asked, Problem> {
    let request = request_of(state, caller, key);
    let mut tx = state.db.begin().await?;
    if let Some(parameters) = parameters {
        let job = read::get(&mut tx, job_id).await?;
        let job = job.ok_or_else(|| Problem::missing("job"))?;
        fields::parameters(job.job_type, parameters)
            .map_err(|error| Problem::fields(vec![error]))?;
    }
    let requested = request::of_job(&mut tx, &request, job_id, parameters).await?;
    tx.commit().await?;
    if let Some(requested) = requested {
        return Ok(Asked::Now(requested));
    }
    match repeated(state, request.idempotency.as_ref()).await? {
        Some(requested) => Ok(Asked::Before(requested)),
        None => Err(why_not(state, job_id).await?),
    }
}

fn request_of(state: &State, caller: &Caller, idempotency: Option<IdempotencyKey>) -> Request {
    Request {
        run_id: RunId::new(),
        requested_by: caller.name.clone(),
        idempotency,
        now: state.clock.now(),
    }
}

/// Why a job could not be asked for a run.
async fn why_not(state: &State, job_id: JobId) -> Result<Problem, Problem> {
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, job_id).await?;
    tx.commit().await?;
    Ok(match job {
        None => Problem::missing("job"),
        Some(job) if matches!(job.status, JobStatus::Completed | JobStatus::Archived) => {
            ended(job.status)
        }
        Some(_) => Problem::conflict(
            "changed-meanwhile",
            "the job was changed meanwhile; try again",
        ),
    })
}

/// 202, after the run's event has left.
pub(crate) async fn accept(state: &State, requested: Requested) -> Response {
    announce::run(state, requested).await;
    answer(requested)
}

/// 202 with the run's address.
pub(crate) fn answer(requested: Requested) -> Response {
    told(StatusCode::ACCEPTED, requested)
}

/// 200 with the address of a run that was there before.
pub(crate) fn known(requested: Requested) -> Response {
    told(StatusCode::OK, requested)
}

fn told(status: StatusCode, requested: Requested) -> Response {
    let url = view::url(requested.run_id);
    let location = [(header::LOCATION, url.clone())];
    let accepted = Accepted {
        run_id: requested.run_id,
        job_id: requested.job_id,
        status: requested.status,
        url,
    };
    (status, location, Json(accepted)).into_response()
}

/// The run of a request that came before; `None` when its key is new.
async fn repeated(
    state: &State,
    idempotency: Option<&IdempotencyKey>,
) -> Result<Option<Requested>, Problem> {
    let Some(idempotency) = idempotency else {
        return Ok(None);
    };
    let mut tx = state.db.begin().await?;
    let first = request::with_key(&mut tx, &idempotency.key).await?;
    tx.commit().await?;
    match first {
        None => Ok(None),
        Some((requested, sha256)) if sha256 == idempotency.request_sha256 => Ok(Some(requested)),
        Some(_) => Err(Problem::field(
            idempotency::HEADER,
            "was used for another request; choose a new key for a new request",
        )),
    }
}
