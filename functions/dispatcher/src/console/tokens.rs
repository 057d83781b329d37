//! `GET /console/tokens` and its forms: who has a token, giving one out, taking it back.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{ApiTokenId, OrganizationId, Role, TokenScope},
    store::{
        api_tokens::{self, ApiToken},
        organizations::{self, OrganizationRow},
    },
};

use super::{
    form::Form,
    guard::Visitor,
    moment::Moment,
    page::{self, Done, Shell, TOKENS},
};
use crate::{
    State, auth,
    auth::Caller,
    body::JsonBody,
    problem::Problem,
    query::{Id, Query},
    tokens::{
        give::{self, Given},
        read,
        view::Standing,
    },
};

/// Tokens on a page.
const ROWS: i64 = 50;
/// Organisations to choose from.
const ORGANIZATIONS_MAX: i64 = 1_000;
/// How long a token lasts that is given out here, unless somebody says otherwise.
const LASTS: TimeDelta = TimeDelta::days(365);

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct TokensPage {
    shell: Shell,
    /// Makes two clicks on "Give out" one token.
    id: ApiTokenId,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whether they are those of one organisation of several.
    is_filtered: bool,
    roles: &'static [Role],
    scopes: &'static [TokenScope],
    /// To choose from; none for whoever has one.
    organizations: Vec<OrganizationRow>,
    /// The day on which a token ends that is given out here, unless somebody says otherwise.
    ends: String,
}

struct Row {
    id: ApiTokenId,
    name: String,
    called: String,
    role: Role,
    /// As in "jobs, runs"; `None`: all.
    scopes: Option<String>,
    whose: String,
    standing: (&'static str, &'static str),
    is_active: bool,
    can_rotate: bool,
    created_by: String,
    created_at: Moment,
    expires_at: Option<Moment>,
    last_used_at: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/token.html")]
struct TokenPage {
    shell: Shell,
    secret: String,
    name: String,
    role: Role,
    whose: String,
    expires_at: Option<Moment>,
}

impl Row {
    fn of(token: ApiToken, now: DateTime<Utc>) -> Self {
        let standing = Standing::of(&token, now);
        let is_active = standing == Standing::Active;
        Self {
            standing: match standing {
                Standing::Active if token.rotated_to.is_some() => ("warn", "being replaced"),
                Standing::Active => ("good", "active"),
                Standing::Expired => ("", "expired"),
                Standing::Revoked => ("bad", "revoked"),
            },
            is_active,
            can_rotate: is_active && token.rotated_to.is_none(),
            called: auth::token_name(&token.digest),
            whose: whose(&token),
            scopes: token.scopes.as_ref().map(|it| listed(&it.known())),
            id: token.id,
            name: token.name,
            role: token.role,
            created_by: token.created_by,
            created_at: Moment::seen_from(token.created_at, now),
            expires_at: token.expires_at.map(|at| Moment::seen_from(at, now)),
            last_used_at: token.last_used_at.map(|at| Moment::seen_from(at, now)),
        }
    }
}

fn listed(scopes: &[TokenScope]) -> String {
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
    scopes.join(", ")
}

fn whose(token: &ApiToken) -> String {
    let name = token.organization_name.clone();
    name.unwrap_or_else(|| page::EVERYBODYS.to_owned())
}

/// The list, newest first, and the form for another one.
///
/// # Errors
/// When the database does not answer, or the place is none.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done: Option<Done> = query.word("done")?;
    let after = query.place("after")?;
    let wanted: Option<OrganizationId> = query.id("organization")?;
    query.finish()?;
    let now = state.clock.now();
    let within = visitor.caller.within(wanted)?;
    let mut tx = state.db.begin().await?;
    let tokens = api_tokens::list(&mut tx, within, after, ROWS + 1).await?;
    let organizations = match visitor.caller.organization() {
        Some(_) => Vec::new(),
        None => organizations::list(&mut tx, ORGANIZATIONS_MAX).await?,
    };
    tx.commit().await?;
    let (tokens, next) = read::page(tokens, ROWS);
    Ok(page::html(&TokensPage {
        shell: Shell::new(&visitor, TOKENS, "Tokens", now).with_notice(done),
        id: ApiTokenId::new(),
        rows: tokens.into_iter().map(|it| Row::of(it, now)).collect(),
        next: next.map(|place| next_url(&place, wanted)),
        is_filtered: wanted.is_some(),
        roles: Role::ALL,
        scopes: TokenScope::ALL,
        organizations,
        ends: (now + LASTS).date_naive().to_string(),
    }))
}

/// The page behind this one.
fn next_url(place: &str, wanted: Option<OrganizationId>) -> String {
    let of = wanted.map(|id| format!("&organization={id}"));
    format!("/console/tokens?after={place}{}", of.unwrap_or_default())
}

/// Gives out a token and shows it.
///
/// # Errors
/// As the API.
pub(super) async fn create(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let mut body =
        json!({ "name": form.get("name").unwrap_or_default(), "role": form.get("role") });
    if let Some(fields) = body.as_object_mut() {
        let id = form.get("id");
        fields.extend(id.map(|it| ("id".to_owned(), json!(it))));
        let organization = form.get("organization_id");
        fields.extend(organization.map(|it| ("organization_id".to_owned(), json!(it))));
        let scopes = form.all("scope");
        let scopes = Some(scopes).filter(|scopes| !scopes.is_empty());
        fields.extend(scopes.map(|it| ("scopes".to_owned(), json!(it))));
        fields.extend(end(&form)?.map(|it| ("expires_at".to_owned(), it)));
    }
    let JsonBody { value, .. } = JsonBody::of(&body)?;
    let given = give::give(&state, &visitor.caller, value).await?;
    Ok(shown(&state, &visitor, given))
}

/// The end of the day that was entered, in UTC.
fn end(form: &Form) -> Result<Option<Value>, Problem> {
    let Some(text) = form.get("ends") else {
        return Ok(None);
    };
    let day: Option<NaiveDate> = text.parse().ok();
    let end = day.and_then(|day| day.succ_opt()?.and_hms_opt(0, 0, 0));
    let end = end.ok_or_else(|| Problem::field("ends", "must be a day, as in 2027-12-31"))?;
    Ok(Some(json!(end.and_utc())))
}

/// Gives out a token in place of another one and shows it.
///
/// # Errors
/// As the API.
pub(super) async fn rotate(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<ApiTokenId>,
) -> Result<Response, Problem> {
    let JsonBody { value, .. } = JsonBody::of(&json!({}))?;
    let given = give::replace(&state, &visitor.caller, id, value).await?;
    Ok(shown(&state, &visitor, given))
}

/// Takes a token back.
///
/// # Errors
/// As the API.
pub(super) async fn revoke(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<ApiTokenId>,
) -> Result<Response, Problem> {
    read::revoke(state, Extension(caller), Id(id)).await?;
    Ok(page::see_other("/console/tokens?done=revoked"))
}

fn shown(state: &State, visitor: &Visitor, given: Given) -> Response {
    let now = state.clock.now();
    let Given { secret, token } = given;
    page::html(&TokenPage {
        shell: Shell::new(visitor, TOKENS, "A new token", now),
        secret,
        whose: whose(&token),
        role: token.role,
        expires_at: token.expires_at.map(|at| Moment::seen_from(at, now)),
        name: token.name,
    })
}
