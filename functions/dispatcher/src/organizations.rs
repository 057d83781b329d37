//! `GET` and `POST /api/organizations`, `GET` and `PATCH /api/organizations/{id}`: whose rows there are, and who may reach
//! them.
//!
//! Administrators of the installation make organisations; those of an organisation see and rename theirs.

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::OrganizationId,
    store::{
        Tx,
        organizations::{self, Access},
    },
};

use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    jobs::fields,
    problem::Problem,
    query::{Id, Query},
};

/// Organisations in one answer, and on the console's page.
pub(crate) const LIMIT_MAX: i64 = 1_000;
pub(crate) const LIMIT_DEFAULT: i64 = 200;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 200;

/// The answer of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Organizations {
    organizations: Vec<OrganizationView>,
    /// Whether these are all.
    is_complete: bool,
}

/// An organisation as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OrganizationView {
    id: OrganizationId,
    url: String,
    name: String,
    created_at: DateTime<Utc>,
    brands: i64,
    /// Jobs that are active or paused.
    jobs: i64,
    /// Tokens that are good, by role.
    tokens: TokensView,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TokensView {
    viewer: i64,
    operator: i64,
    admin: i64,
}

/// A new organisation.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    /// Asking twice with the same id makes one.
    id: Option<OrganizationId>,
    name: String,
}

/// What can be changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renaming {
    name: String,
}

/// The organisations that the caller may see, by name.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<Organizations>, Problem> {
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let now = state.clock.now();
    let mut rows = organizations::access(&mut tx, None, now, limit + 1).await?;
    tx.commit().await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_complete = rows.len() <= most;
    rows.truncate(most);
    Ok(Json(Organizations {
        organizations: rows.into_iter().map(OrganizationView::from).collect(),
        is_complete,
    }))
}

/// One of them.
pub(crate) async fn one(
    state: State,
    Id(id): Id<OrganizationId>,
) -> Result<Json<OrganizationView>, Problem> {
    let mut tx = state.db.begin().await?;
    let row = get(&mut tx, id, state.clock.now()).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Makes an organisation.
pub(crate) async fn create(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value: body, .. }: JsonBody<NewOrganization>,
) -> Result<Response, Problem> {
    caller.require_installation("makes organizations")?;
    let name = named(&body.name)?;
    let id = body.id.unwrap_or_else(OrganizationId::new);
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let is_new = organizations::create(&mut tx, id, &name, now).await?;
    let row = get(&mut tx, id, now).await?;
    tx.commit().await?;
    if !is_new && row.name != name {
        let detail = "another organization has this id";
        return Err(Problem::conflict("id-taken", detail));
    }
    if is_new {
        tracing::info!(organization.id = %id, caller = caller.name, "an organization was made");
    }
    let view = OrganizationView::from(row);
    let location = [(header::LOCATION, view.url.clone())];
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, location, Json(view)).into_response())
}

/// Calls an organisation by another name.
pub(crate) async fn rename(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<OrganizationId>,
    JsonBody { value: body, .. }: JsonBody<Renaming>,
) -> Result<Json<OrganizationView>, Problem> {
    let name = named(&body.name)?;
    let mut tx = state.db.begin().await?;
    if !organizations::rename(&mut tx, id, &name).await? {
        return Err(Problem::missing("organization"));
    }
    let row = get(&mut tx, id, state.clock.now()).await?;
    tx.commit().await?;
    tracing::info!(organization.id = %id, caller = caller.name, "an organization was renamed");
    Ok(Json(row.into()))
}

fn named(name: &str) -> Result<String, Problem> {
    let name = fields::line("name", name, NAME_CHARS_MAX);
    name.map_err(|error| Problem::fields(vec![error]))
}

async fn get(tx: &mut Tx, id: OrganizationId, now: DateTime<Utc>) -> Result<Access, Problem> {
    let row = organizations::access(tx, Some(id), now, 1).await?.pop();
    row.ok_or_else(|| Problem::missing("organization"))
}

impl From<Access> for OrganizationView {
    fn from(it: Access) -> Self {
        Self {
            url: format!("/api/organizations/{}", it.id),
            id: it.id,
            name: it.name,
            created_at: it.created_at,
            brands: it.brands,
            jobs: it.jobs,
            tokens: TokensView {
                viewer: it.viewers,
                operator: it.operators,
                admin: it.admins,
            },
        }
    }
}
