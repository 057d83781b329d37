//! `GET` and `POST /console/jobs/new` and `/console/jobs/{id}/edit`: a job by a form, looked at before it is saved.

use askama::Template;
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{JobId, JobType},
    store::{
        brands,
        job_types::{self, JobTypeRow},
        jobs::{Job, read},
    },
};

use super::{
    fields::{Entered, of_job, the_job},
    list::{BRANDS_MAX, Choice, brand_choices},
    preview::{self, Preview},
    recurrence::{DAYS, MINUTES},
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    console::{
        form::Form,
        forms::{
            landing,
            schema::{self, Field, Input},
        },
        guard::Visitor,
        page::{self, JOBS, Shell},
        words::spaced,
    },
    jobs::{create, edit, version::IfMatch},
    problem::{FieldError, Problem},
    query::{Id, Query},
};

#[derive(Template)]
#[template(path = "console/job_types.html")]
struct TypesPage {
    shell: Shell,
    types: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "console/job_form.html")]
struct FormPage {
    shell: Shell,
    action: String,
    back: String,
    job_type: &'static str,
    type_name: String,
    about: String,
    is_new: bool,
    is_recurring: bool,
    brands: Option<Vec<Choice>>,
    entered: Entered,
    fields: Vec<Field>,
    errors: Vec<FieldError>,
    preview: Option<Preview>,
}

impl FormPage {
    fn error(&self, field: &str) -> Option<&str> {
        let error = self.errors.iter().find(|it| it.field == field);
        error.map(|it| it.detail.as_str())
    }

    fn value(&self, name: &str) -> &str {
        self.entered.get(name)
    }

    fn is(&self, name: &str, word: impl ToString) -> bool {
        self.entered.get(name) == word.to_string()
    }
}

/// What the form is about.
struct About {
    job_type: JobType,
    row: JobTypeRow,
    brands: Vec<brands::BrandRow>,
    /// The job to edit; `None` for a new one.
    job: Option<Job>,
}

/// The types to choose from, or the form of one.
///
/// # Errors
/// 400 for a type that is none; when the database does not answer.
pub(in crate::console) async fn new(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let chosen: Option<JobType> = query.word("type")?;
    query.finish()?;
    let now = state.clock.now();
    let Some(job_type) = chosen else {
        let mut tx = state.db.begin().await?;
        let rows = job_types::all(&mut tx).await?;
        tx.commit().await?;
        let shell = Shell::new(&visitor, JOBS, "New job", now);
        let types = rows.into_iter().map(type_choice).collect();
        return Ok(page::html(&TypesPage { shell, types }));
    };
    let about = about(&state, job_type, None).await?;
    let page = form_page(
        &visitor,
        &about,
        Entered::new_job(),
        (&json!({}), vec![]),
        now,
    );
    Ok(page::html(&page))
}

fn type_choice(row: JobTypeRow) -> (String, String, String) {
    let url = format!("/console/jobs/new?type={}", row.name);
    (url, spaced(&row.name), row.description)
}

/// The form of a job that exists.
///
/// # Errors
/// 404 without such a job; when the database does not answer.
pub(in crate::console) async fn change(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let job = job(&state, id).await?;
    let (entered, parameters) = (of_job(&job), job.parameters.clone());
    let about = about(&state, job.job_type, Some(job)).await?;
    let now = state.clock.now();
    let page = form_page(&visitor, &about, entered, (&parameters, vec![]), now);
    Ok(page::html(&page))
}

async fn job(state: &State, id: JobId) -> Result<Job, Problem> {
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    job.ok_or_else(|| Problem::missing("job"))
}

async fn about(state: &State, job_type: JobType, job: Option<Job>) -> Result<About, Problem> {
    let mut tx = state.db.begin().await?;
    let rows = job_types::all(&mut tx).await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    tx.commit().await?;
    let row = rows.into_iter().find(|row| row.name == job_type.name());
    Ok(About {
        job_type,
        row: row.ok_or_else(|| Problem::missing("job type"))?,
        brands,
        job,
    })
}

fn form_page(
    visitor: &Visitor,
    about: &About,
    entered: Entered,
    (parameters, errors): (&Value, Vec<FieldError>),
    now: DateTime<Utc>,
) -> FormPage {
    let type_name = spaced(about.job_type.name());
    let (title, action, back) = match &about.job {
        None => (
            format!("New job: {type_name}"),
            "/console/jobs/new".to_owned(),
            "/console/jobs".to_owned(),
        ),
        Some(job) => (
            format!("Edit {}", job.name),
            format!("{}/edit", super::url(job.id)),
            super::url(job.id),
        ),
    };
    let schema = about.job_type.parameters_schema();
    let chosen = entered.get("brand_id").parse().ok();
    let asks_for_brand = about.job.is_none() && about.row.scope == "brand";
    FormPage {
        shell: Shell::new(visitor, JOBS, title, now),
        action,
        back,
        job_type: about.job_type.name(),
        type_name,
        about: about.row.description.clone(),
        is_new: about.job.is_none(),
        is_recurring: entered.is_recurring(),
        brands: asks_for_brand.then(|| brand_choices(&about.brands, chosen)),
        fields: schema::fields(&schema, parameters, &errors),
        entered,
        errors,
        preview: None,
    }
}

/// Creates the job, or shows what it would be.
///
/// # Errors
/// As the API, but that wrong fields come back with the form.
pub(in crate::console) async fn create(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let job_type = form.get("job_type").unwrap_or_default().parse::<JobType>();
    let job_type = job_type.map_err(|error| Problem::field("job_type", error.to_string()))?;
    let about = about(&state, job_type, None).await?;
    let caller = visitor.caller.clone();
    answered(&state, &visitor, &about, &form, async |body: &Value| {
        create::create(state.clone(), Extension(caller), JsonBody::of(body)?).await
    })
    .await
}

/// Saves the job, or shows what it would be.
///
/// # Errors
/// As the API, but that wrong fields come back with the form.
pub(in crate::console) async fn edit(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
    Id(id): Id<JobId>,
) -> Result<Response, Problem> {
    let job = job(&state, id).await?;
    let about = about(&state, job.job_type, Some(job)).await?;
    let caller: Caller = visitor.caller.clone();
    answered(&state, &visitor, &about, &form, async |body: &Value| {
        let body = JsonBody::of(body)?;
        drop(
            edit::edit(
                state.clone(),
                Extension(caller),
                Id(id),
                IfMatch::default(),
                body,
            )
            .await?,
        );
        Ok(page::see_other(&format!("{}?done=edited", super::url(id))))
    })
    .await
}

/// A preview, or what `save` answers; the form again when fields are wrong.
async fn answered(
    state: &State,
    visitor: &Visitor,
    about: &About,
    form: &Form,
    save: impl AsyncFnOnce(&Value) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let entered = Entered::of(form);
    let schema = about.job_type.parameters_schema();
    let old = about
        .job
        .as_ref()
        .map_or_else(|| json!({}), |job| job.parameters.clone());
    let parameters = schema::parameters(&schema, form, &old);
    let body = the_job(&entered, about.job.as_ref(), about.job_type, &parameters);
    let outcome = match (entered.recurrence(), form.get("do")) {
        (Err(error), Some("preview_part")) => return Ok(preview::refused(vec![error])),
        (Err(error), _) => Err(preview::with_others(error, &body, about.job.as_ref(), now)),
        (Ok(_), Some("preview_part")) => return preview::part(&body, about.job.as_ref(), now),
        (Ok(_), Some("preview")) => Preview::of(&body, about.job.as_ref(), now).map(Err),
        (Ok(_), _) => save(&body).await.map(Ok),
    };
    let (status, preview, errors) = match outcome {
        Ok(Ok(saved)) if about.job.is_none() => return Ok(landing(&saved, "created")),
        Ok(Ok(saved)) => return Ok(saved),
        Ok(Err(preview)) => (StatusCode::OK, Some(preview), vec![]),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            (problem.status(), None, problem.told().errors)
        }
        Err(problem) => return Err(problem),
    };
    let page = FormPage {
        preview,
        ..form_page(visitor, about, entered, (&parameters, errors), now)
    };
    Ok((status, page::html(&page)).into_response())
}
