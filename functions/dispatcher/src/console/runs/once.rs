//! `GET` and `POST /console/runs/new`: a type's work done once for a brand, without a job on a schedule.

use axum::{
    Extension,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use shared::{
    domain::{BrandId, JobType},
    store::runs::read::{self, Filter},
};
use uuid::Uuid;

use super::new::RunNowPage;
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    console::{
        form::Form,
        forms::{landing, schema},
        guard::Visitor,
        page::{self, RUNS, Shell},
        strip,
        words::spaced,
    },
    idempotency::Key,
    problem::{FieldError, Problem},
    query::Query,
    runs::queue,
};

/// What shall be done, and for whom.
struct Wanted {
    job_type: JobType,
    brand_id: Option<BrandId>,
    brand_name: Option<String>,
}

/// The address of the form.
pub(in crate::console) fn url(job_type: JobType, brand: Option<BrandId>) -> String {
    let brand = brand.map(|id| format!("&brand={id}")).unwrap_or_default();
    format!("/console/runs/new?type={}{brand}", job_type.name())
}

/// The form.
///
/// # Errors
/// 400 without a type; 404 without such a brand; when the database does not answer.
pub(in crate::console) async fn form(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let job_type: Option<JobType> = query.word("type")?;
    let job_type = job_type.ok_or_else(|| Problem::address("type", "is missing"))?;
    let brand_id = query.id("brand")?;
    query.finish()?;
    let wanted = Wanted::find(&state, job_type, brand_id).await?;
    let parameters = last_parameters(&state, job_type, brand_id).await?;
    let now = state.clock.now();
    let shell = Shell::new(&visitor, RUNS, wanted.title(), now);
    let key = Uuid::new_v4().to_string();
    Ok(page::html(&wanted.page(shell, key, &parameters, vec![])))
}

/// What the brand's last run of this type received. Without a brand there is no index to find it by.
async fn last_parameters(
    state: &State,
    job_type: JobType,
    brand_id: Option<BrandId>,
) -> Result<Value, Problem> {
    if brand_id.is_none() {
        return Ok(json!({}));
    }
    let filter = Filter {
        job_type: Some(job_type),
        brand_id,
        ..Filter::default()
    };
    let mut tx = state.db.begin().await?;
    let last = read::list_of_all_brands(&mut tx, filter, 1).await?.pop();
    tx.commit().await?;
    Ok(last.map_or_else(|| json!({}), |run| run.parameters))
}

/// Queues the run and shows it; sent twice, the form makes one.
///
/// # Errors
/// As the API, but that wrong parameters come back with the form.
pub(in crate::console) async fn start(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let job_type = form.get("job_type").unwrap_or_default().parse::<JobType>();
    let job_type = job_type.map_err(|error| Problem::field("job_type", error.to_string()))?;
    let brand_id = form.get("brand_id").map(str::parse).transpose();
    let brand_id = brand_id.map_err(|_| Problem::field("brand_id", "must be a UUID"))?;
    let wanted = Wanted::find(&state, job_type, brand_id).await?;
    let parameters = schema::parameters(&job_type.parameters_schema(), &form, &json!({}));
    let body = JsonBody::of(&json!({
        "job_type": job_type, "brand_id": brand_id, "parameters": parameters,
        "trigger_source": "manual",
    }))?;
    let given = form.get("key").unwrap_or_default();
    let key = Key::given(given, Uri::from_static("/api/runs"))?;
    match queue::one_time(state.clone(), Extension(caller), key, body).await {
        Ok(answer) => Ok(landing(&answer, "queued")),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let shell = Shell::new(&visitor, RUNS, wanted.title(), state.clock.now());
            let errors = problem.told().errors;
            let page = wanted.page(shell, given.to_owned(), &parameters, errors);
            Ok((problem.status(), page::html(&page)).into_response())
        }
        Err(problem) => Err(problem),
    }
}

impl Wanted {
    async fn find(
        state: &State,
        job_type: JobType,
        brand_id: Option<BrandId>,
    ) -> Result<Self, Problem> {
        let mut tx = state.db.begin().await?;
        let brand_name = strip::name_of(&mut tx, brand_id).await?;
        tx.commit().await?;
        Ok(Self {
            job_type,
            brand_id,
            brand_name,
        })
    }

    fn title(&self) -> String {
        format!("Run {} once", spaced(self.job_type.name()))
    }

    fn page(
        &self,
        shell: Shell,
        key: String,
        parameters: &Value,
        errors: Vec<FieldError>,
    ) -> RunNowPage {
        let mut hidden = vec![("key", key), ("job_type", self.job_type.name().to_owned())];
        hidden.extend(self.brand_id.map(|id| ("brand_id", id.to_string())));
        RunNowPage {
            shell,
            action: "/console/runs/new".to_owned(),
            back: "/console/freshness".to_owned(),
            about: None,
            what: match &self.brand_name {
                Some(brand) => format!("{}, {brand}", spaced(self.job_type.name())),
                None => spaced(self.job_type.name()),
            },
            hint: "No job of this brand does it on a schedule. It is done once, by a one-time job of its own.",
            is_warning: false,
            hidden,
            fields: schema::fields(&self.job_type.parameters_schema(), parameters, &errors),
            errors,
            button: "Run now",
        }
    }
}
