//! `POST /api/queue-one-time-job` and `POST /api/ensure-recurring-job`: what the old system's two functions for
//! making jobs did, for their callers, by the same arguments.
//!
//! Both may be repeated. The one queues nothing while the same work waits or runs; the other changes the job it made.
//! Schedules are read as the old system's forms wrote them, in its time zone unless another one is named; the answer
//! says in words what was understood.

use axum::{Extension, http::StatusCode, response::Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::{
    domain::{
        BrandId, JobId, JobStatus, JobType,
        schedule::legacy::{self, convert},
    },
    store::jobs::{
        TriggerSource,
        alike::{self, Alike},
    },
};
use uuid::Builder;

use super::{create, edit, switch, version::IfMatch, view::JobView};
use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    idempotency::Key,
    problem::Problem,
    query::Id,
    runs::queue,
};

/// As `queue_one_time_job` took them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueBody {
    brand_id: Option<BrandId>,
    job_type: JobType,
    parameters: Option<Value>,
    trigger_source: Option<TriggerSource>,
    name: Option<String>,
    /// Attempts after the first one; three when it is left out.
    max_retries: Option<i32>,
}

/// As `ensure_recurring_job` took them, with a time zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnsureBody {
    brand_id: Option<BrandId>,
    job_type: JobType,
    /// Five fields; one digit as the weekday counts from Monday = 0.
    cron: String,
    parameters: Option<Value>,
    /// `false` pauses the job.
    enabled: Option<bool>,
    name: Option<String>,
    /// An IANA name. Left out, a job that is there keeps its own, and a new one has the old system's.
    timezone: Option<String>,
}

/// What a job does, and for whom.
type Work<'a> = (JobType, Option<BrandId>, &'a Value);

/// Queues a one-time job, unless the same one waits or runs: then 200, and that one.
pub(crate) async fn queue(
    state: State,
    Extension(caller): Extension<Caller>,
    key: Key,
    body: JsonBody<QueueBody>,
) -> Result<Response, Problem> {
    let key = key.of(&body.bytes);
    let asked = body.value;
    let parameters = asked.parameters.unwrap_or_else(|| json!({}));
    let work = (asked.job_type, asked.brand_id, &parameters);
    let newest = newest(&state, work).await?;
    if let Some(run) = newest.as_ref().and_then(|job| job.unfinished) {
        return Ok(queue::known(run));
    }
    // Of two callers at the same time the later one finds the id taken.
    let before = newest.map(|job| (job.job_id, job.count));
    let id = stand_in(&("once", work, before))?;
    let once = queue::RunBody {
        job_type: asked.job_type,
        brand_id: asked.brand_id,
        product_id: None,
        parameters: Some(parameters.clone()),
        name: asked.name,
        trigger_source: Some(asked.trigger_source.unwrap_or(TriggerSource::Manual)),
        max_retries: asked.max_retries,
    };
    let job = queue::one_time_job(once, id)?;
    match queue::order(&state, caller, key, job).await {
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            let newest = self::newest(&state, work).await?;
            let run = newest.and_then(|job| job.unfinished);
            run.map(queue::known).ok_or(problem)
        }
        answer => answer,
    }
}

/// Makes a recurring job of a type for a brand, or changes the one there is. It runs or is paused as asked.
pub(crate) async fn ensure(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value: asked, .. }: JsonBody<EnsureBody>,
) -> Result<JobView, Problem> {
    let cron = convert(&asked.cron).map_err(|error| Problem::field("cron", error.to_string()))?;
    let mut fields = json!({
        "cron_expression": cron.expression,
        "timezone": asked.timezone,
        "parameters": asked.parameters,
        "name": asked.name,
    });
    let newest = newest_recurring(&state, asked.job_type, asked.brand_id).await?;
    let id = match newest {
        Some((id, JobStatus::Active | JobStatus::Paused)) => {
            let body = JsonBody::of(&fields)?;
            drop(
                edit::edit(
                    state.clone(),
                    Extension(caller.clone()),
                    Id(id),
                    IfMatch::default(),
                    body,
                )
                .await?,
            );
            id
        }
        ended => {
            let ended = ended.map(|(id, _)| id);
            let id = stand_in(&("recurring", asked.job_type, asked.brand_id, ended))?;
            if let Some(fields) = fields.as_object_mut() {
                fields.insert("id".to_owned(), json!(id));
                fields.insert("job_type".to_owned(), json!(asked.job_type));
                fields.insert("brand_id".to_owned(), json!(asked.brand_id));
                let zone = asked.timezone.as_deref().unwrap_or(legacy::ZONE.name());
                fields.insert("timezone".to_owned(), json!(zone));
            }
            let body = JsonBody::of(&fields)?;
            drop(create::create(state.clone(), Extension(caller.clone()), body).await?);
            id
        }
    };
    let nothing = OptionalJsonBody(JsonBody::of(&json!({}))?);
    let (state, caller, id) = (state, Extension(caller), Id(id));
    if asked.enabled == Some(false) {
        let nothing = OptionalJsonBody(JsonBody::of(&json!({}))?);
        return switch::pause(state, caller, id, IfMatch::default(), nothing).await;
    }
    switch::resume(state, caller, id, IfMatch::default(), nothing).await
}

async fn newest(
    state: &State,
    (job_type, brand, parameters): Work<'_>,
) -> Result<Option<Alike>, Problem> {
    let mut tx = state.db.begin().await?;
    let newest = alike::newest_once(&mut tx, job_type, brand, parameters).await?;
    tx.commit().await?;
    Ok(newest)
}

async fn newest_recurring(
    state: &State,
    job_type: JobType,
    brand: Option<BrandId>,
) -> Result<Option<(JobId, JobStatus)>, Problem> {
    let mut tx = state.db.begin().await?;
    let newest = alike::newest_recurring(&mut tx, job_type, brand).await?;
    tx.commit().await?;
    Ok(newest)
}

/// The id of the job that whoever asks for `what` makes.
fn stand_in(what: &impl Serialize) -> Result<JobId, Problem> {
    let text = serde_json::to_vec(what)
        .map_err(|error| Problem::field("parameters", error.to_string()))?;
    let digest: [u8; 32] = Sha256::digest(text).into();
    let half = digest.first_chunk().copied().unwrap_or_default();
    Ok(JobId(Builder::from_random_bytes(half).into_uuid()))
}
