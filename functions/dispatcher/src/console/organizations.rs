//! `GET /console/organizations` and its forms: whose rows there are, and who may reach them.

use askama::Template;
use axum::{Extension, response::Response};
use serde_json::json;
use shared::{
    config::Oidc,
    domain::OrganizationId,
    store::organizations::{self, Access},
};

use super::{
    form::Form,
    guard::Visitor,
    page::{self, Done, ORGANIZATIONS, Shell},
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    organizations as api,
    problem::Problem,
    query::{Id, Query},
};

#[derive(Template)]
#[template(path = "console/organizations.html")]
struct OrganizationsPage {
    shell: Shell,
    rows: Vec<Access>,
    is_complete: bool,
    /// What only administrators of the installation see.
    installation: Option<Installation>,
}

/// Who reaches the rows of all.
struct Installation {
    /// Names the organisation of the form, so that sending it twice makes one.
    new_id: String,
    /// Tokens in the settings.
    configured: usize,
    provider: Option<Provider>,
}

/// What the settings say of an identity provider's tokens.
struct Provider {
    issuer: String,
    audience: String,
    role_claim: String,
    roles: Vec<(String, String)>,
    organization_claim: Option<String>,
}

/// The page.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let mut rows = organizations::access(&mut tx, None, now, api::LIMIT_MAX + 1).await?;
    tx.commit().await?;
    let most = usize::try_from(api::LIMIT_MAX).unwrap_or(usize::MAX);
    let is_complete = rows.len() <= most;
    rows.truncate(most);
    let is_everybodys = visitor.caller.organization().is_none();
    let shell = Shell::new(&visitor, ORGANIZATIONS, "Organizations", now).with_notice(done);
    Ok(page::html(&OrganizationsPage {
        shell,
        rows,
        is_complete,
        installation: is_everybodys.then(|| Installation {
            new_id: OrganizationId::new().to_string(),
            configured: state.tokens.configured(),
            provider: state.tokens.oidc().map(Provider::of),
        }),
    }))
}

impl Provider {
    fn of(oidc: &Oidc) -> Self {
        let pointer = |claim: &str| if claim.is_empty() { "/" } else { claim }.to_owned();
        Self {
            issuer: oidc.issuer.clone(),
            audience: oidc.audience.clone(),
            role_claim: pointer(&oidc.role_claim),
            roles: oidc.roles.clone(),
            organization_claim: oidc.organization_claim.clone(),
        }
    }
}

/// Makes an organisation.
///
/// # Errors
/// As the API.
pub(super) async fn create(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let name = form.get("name").unwrap_or_default();
    let body = JsonBody::of(&json!({ "id": form.get("id"), "name": name }))?;
    drop(api::create(state, Extension(caller), body).await?);
    Ok(page::see_other("/console/organizations?done=made"))
}

/// Calls an organisation by another name.
///
/// # Errors
/// As the API.
pub(super) async fn rename(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Id(id): Id<OrganizationId>,
) -> Result<Response, Problem> {
    let name = form.get("name").unwrap_or_default();
    let body = JsonBody::of(&json!({ "name": name }))?;
    drop(api::rename(state, Extension(caller), Id(id), body).await?);
    Ok(page::see_other("/console/organizations?done=renamed"))
}
