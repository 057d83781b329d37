//! `POST /api/jobs`: a schedule, or a date.

use axum::{
    Extension,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{
        JobId, JobType,
        timing::{ScheduleType, Timing},
    },
    store::{
        Tx,
        jobs::{
            TriggerSource, changes,
            create::{self, Created, NewJob, Owner},
            read,
        },
    },
};

use super::{
    fields::{self, Errors, JobFields},
    owner,
    view::{self, JobView},
};
use crate::{State, announce, auth::Caller, body::JsonBody, problem::Problem};

/// A job that can be inserted, but for its owner, which only the database knows.
struct Draft {
    id: JobId,
    job_type: JobType,
    owner: Owner,
    name: String,
    parameters: Value,
    timing: Timing,
    next_run_at: DateTime<Utc>,
}

/// Creates an active job and wakes the reconciler to make its cloud rule. Whoever names the job's id may ask again: the
/// answer is then 200, and the job as it is.
pub(crate) async fn create(
    state: State,
    Extension(caller): Extension<Caller>,
    body: JsonBody<JobFields>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let is_named = body.value.id.is_some();
    let draft = draft(body.value, now)?;
    owner::permit(&state, &caller, draft.job_type, draft.owner).await?;
    let status = match insert(&state, &draft, &caller, now).await {
        Ok(()) => StatusCode::CREATED,
        Err(_) if is_named && is_there(&state, &draft).await? => StatusCode::OK,
        Err(problem) => return Err(problem),
    };
    announce::schedule(&state, draft.id).await;

    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, draft.id).await?;
    tx.commit().await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    let location = [(header::LOCATION, view::url(draft.id))];
    Ok((status, location, JobView::in_full(job, now)).into_response())
}

/// Whether the job is there that the draft names.
///
/// # Errors
/// 409 when another job has its id.
async fn is_there(state: &State, draft: &Draft) -> Result<bool, Problem> {
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, draft.id).await?;
    tx.commit().await?;
    let Some(job) = job else { return Ok(false) };
    let (is_type, owner) = (job.job_type == draft.job_type, draft.owner);
    if is_type && (job.brand_id, job.product_id) == (owner.brand_id, owner.product_id) {
        return Ok(true);
    }
    Err(id_taken())
}

/// Why nothing was inserted: the owner is not there, or else the id is somebody's, who may be of another organisation.
async fn not_made(tx: &mut Tx, owner: Owner) -> Result<Problem, Problem> {
    let has_owner = match (owner.brand_id, owner.product_id) {
        (None, None) => true,
        (Some(brand), None) => create::has_brand(tx, brand).await?,
        (_, Some(_)) => false,
    };
    if has_owner {
        return Ok(id_taken());
    }
    Ok(owner::missing(tx, owner).await?)
}

fn id_taken() -> Problem {
    let detail = "another job has this id; leave `id` out, or give a new UUID";
    Problem::conflict("id-taken", detail)
}

/// Whether a job can be created like this, but for what only the database knows.
///
/// # Errors
/// 422 with every field that cannot be as given.
pub(crate) fn check(body: JobFields, now: DateTime<Utc>) -> Result<(), Problem> {
    draft(body, now).map(drop)
}

fn draft(body: JobFields, now: DateTime<Utc>) -> Result<Draft, Problem> {
    let mut errors = Errors::default();
    if body.revision.is_some() {
        errors.add("revision", "is for edits; a new job begins with 1");
    }
    let job_type = body.job_type;
    if job_type.is_none() {
        errors.add("job_type", "is missing; GET /api/job-types lists them");
    }
    let parameters = body.parameters.clone().unwrap_or_else(|| json!({}));
    if let Some(job_type) = job_type {
        errors.note(fields::parameters(job_type, &parameters));
    }
    let timing = new_timing(&body, &mut errors);
    let next_run_at = timing
        .as_ref()
        .and_then(|timing| errors.note(fields::first_fire(timing, now)));
    let name = errors.note(fields::name(body.name.as_deref(), || default_name(&body)));
    errors.finish()?;

    let (Some(job_type), Some(timing), Some(next_run_at), Some(name)) =
        (job_type, timing, next_run_at, name)
    else {
        return Err(Problem::field("(body)", "is incomplete"));
    };
    let owner = Owner {
        brand_id: body.brand_id,
        product_id: body.product_id,
    };
    Ok(Draft {
        id: body.id.unwrap_or_default(),
        job_type,
        owner,
        name,
        parameters,
        timing,
        next_run_at,
    })
}

/// When a job of these fields runs.
pub(crate) fn new_timing(body: &JobFields, errors: &mut Errors) -> Option<Timing> {
    let zone = body.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
    let timing = match (&body.cron_expression, &body.scheduled_at) {
        (Some(cron), None) => Timing::recurring(cron.clone(), zone),
        (None, Some(_)) => Timing::once(DateTime::UNIX_EPOCH, zone),
        (Some(_), Some(_)) => {
            errors.add(
                "scheduled_at",
                "must be left out of a job with a cron_expression",
            );
            return None;
        }
        (None, None) => {
            errors.add(
                "cron_expression",
                "is missing; or give scheduled_at for a one-time job",
            );
            return None;
        }
    };
    if body
        .schedule_type
        .is_some_and(|wanted| wanted != timing.schedule_type)
    {
        let detail = "must be `recurring` with a cron_expression, `one_time` with scheduled_at";
        errors.add("schedule_type", detail);
    }
    Some(body.retime(timing, errors))
}

fn default_name(body: &JobFields) -> String {
    let title = body.job_type.map(fields::title).unwrap_or_default();
    if body.cron_expression.is_some() {
        title
    } else {
        format!("{title}, once")
    }
}

async fn insert(
    state: &State,
    draft: &Draft,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let trigger_source = match draft.timing.schedule_type {
        ScheduleType::Recurring => TriggerSource::Scheduled,
        ScheduleType::OneTime => TriggerSource::Api,
    };
    let job = NewJob {
        id: draft.id,
        job_type: draft.job_type,
        owner: draft.owner,
        name: &draft.name,
        parameters: &draft.parameters,
        trigger_source,
        timing: &draft.timing,
        next_run_at: draft.next_run_at,
    };
    let mut tx = state.db.begin().await?;
    match create::create(&mut tx, &job, now).await {
        Ok(Created::Yes) => {
            changes::record_new(&mut tx, draft.id, caller.author(now)).await?;
            Ok(tx.commit().await?)
        }
        Ok(Created::NoSuchOwner) => Err(not_made(&mut tx, draft.owner).await?),
        Ok(Created::AlreadyScheduled(id)) => Err(already_scheduled(id)),
        Err(error) if create::is_wrong_scope(&error) => {
            drop(tx);
            let mut tx = state.db.begin().await?;
            Err(owner::unfit(&mut tx, draft.job_type, draft.owner).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// 409 that names the job which is there already.
pub(crate) fn already_scheduled(id: JobId) -> Problem {
    let url = view::url(id);
    let detail = format!("{url} already does the same on a schedule; edit it instead");
    Problem::conflict("already-scheduled", detail)
}
