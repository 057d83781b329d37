//! `POST /api/tokens` and `POST /api/tokens/{id}/rotate`: the two that make a token, and show it once.

use axum::{
    Extension, Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{ApiTokenId, OrganizationId, Role, TokenScope},
    store::{
        Tx,
        api_tokens::{self, ApiToken, NewToken, Rotation},
        organizations,
    },
};

use super::{
    Fresh,
    view::{self, TokenView},
};
use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    jobs::fields::{self, Errors},
    problem::Problem,
    query::Id,
};

/// What `api_tokens.name` holds, in characters.
const NAME_CHARS_MAX: usize = 100;
/// How long a rotated token stays good, unless the caller says otherwise: a day, for those who deploy once a day.
const OVERLAP_SECONDS: u32 = 86_400;
/// The longest overlap: 30 days.
const OVERLAP_SECONDS_MAX: u32 = 30 * 86_400;

/// A token to give out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// Its id, so that a request that is sent twice gives out one token. Left out: a new one.
    id: Option<ApiTokenId>,
    name: String,
    role: Role,
    /// Left out by callers of the installation: a token of the installation.
    organization_id: Option<OrganizationId>,
    /// Which parts of the API it reaches, at least one. Left out: all, and the console.
    #[schemars(length(min = 1))]
    scopes: Option<Vec<TokenScope>>,
    /// Left out: it does not end by itself.
    expires_at: Option<DateTime<Utc>>,
}

/// What a rotation may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RotationBody {
    /// How long the old one stays good.
    overlap_seconds: Option<u32>,
    /// Left out: the new one lasts as long as the old one was meant to.
    expires_at: Option<DateTime<Utc>>,
}

/// A token that was just made, the one time it is shown.
pub(crate) struct Given {
    /// The token itself. It is never printed.
    pub(crate) secret: String,
    /// The rest.
    pub(crate) token: ApiToken,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct GivenView {
    /// The token itself, which no other answer has.
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

impl Given {
    fn answer(self, now: DateTime<Utc>) -> Response {
        let location = [(header::LOCATION, view::url(self.token.id))];
        let body = GivenView {
            token: self.secret,
            view: TokenView::at(now, self.token),
        };
        (StatusCode::CREATED, location, Json(body)).into_response()
    }
}

/// Gives out a token.
///
/// # Errors
/// As [`give`].
pub(crate) async fn create(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value, .. }: JsonBody<TokenBody>,
) -> Result<Response, Problem> {
    let given = give(&state, &caller, value).await?;
    Ok(given.answer(state.clock.now()))
}

/// Gives out a token.
///
/// # Errors
/// 409 for one that was given out before; 422 with every field that cannot be as given; when the database does not answer.
pub(crate) async fn give(
    state: &State,
    caller: &Caller,
    body: TokenBody,
) -> Result<Given, Problem> {
    let now = state.clock.now();
    let mut errors = Errors::default();
    let name = errors.note(fields::line("name", &body.name, NAME_CHARS_MAX));
    check_end(body.expires_at, now, &mut errors);
    let scopes = body.scopes.map(|mut scopes| {
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    });
    check_scopes(scopes.as_deref(), caller, &mut errors);
    let organization_id = caller.organization().or(body.organization_id);
    if body.organization_id.is_some() && body.organization_id != organization_id {
        errors.add("organization_id", NO_ORGANIZATION);
    }
    errors.finish()?;
    let fresh = Fresh::new()?;
    let token = NewToken {
        id: body.id.unwrap_or_default(),
        organization_id,
        name: &name.unwrap_or_default(),
        digest: &fresh.digest,
        role: body.role,
        scopes: scopes.as_deref(),
        created_by: &caller.name,
        expires_at: body.expires_at,
    };
    let mut tx = state.db.begin().await?;
    if !api_tokens::create(&mut tx, &token, now).await? {
        let known = api_tokens::get(&mut tx, token.id, caller.organization()).await?;
        let organization = match organization_id {
            Some(id) => organizations::name(&mut tx, id).await?,
            None => None,
        };
        return Err(match (known, organization) {
            (Some(_), _) => Problem::conflict("given-out-before", GIVEN_OUT_BEFORE),
            (None, Some(_)) => Problem::field("id", "is taken: choose another one"),
            (None, None) => Problem::field("organization_id", NO_ORGANIZATION),
        });
    }
    let row = get(&mut tx, token.id, caller).await?;
    tx.commit().await?;
    tracing::info!(token.id = %token.id, caller = caller.name, "a token was given out");
    Ok(Given {
        secret: fresh.token,
        token: row,
    })
}

const GIVEN_OUT_BEFORE: &str = "this token was given out before, and is shown once: rotate it to have another one in its place";

const REACHES_MORE: &str = "that token reaches more than yours";

/// Nobody gives out what reaches more than they do.
fn check_scopes(scopes: Option<&[TokenScope]>, caller: &Caller, errors: &mut Errors) {
    if scopes.is_some_and(<[_]>::is_empty) {
        errors.add("scopes", "must be at least one, or left out");
    } else if !reaches_all_of(caller, scopes) {
        errors.add("scopes", "must be among those of your token");
    }
}

/// Whether `caller` reaches what a token with these scopes does; `None`: everything.
fn reaches_all_of(caller: &Caller, scopes: Option<&[TokenScope]>) -> bool {
    match scopes {
        None => caller.reaches(None),
        Some(scopes) => scopes.iter().all(|scope| caller.reaches(Some(*scope))),
    }
}

const NO_ORGANIZATION: &str = "there is no organization with this id";

/// Gives out a token in place of another one, which stays good for a while.
///
/// # Errors
/// As [`replace`].
pub(crate) async fn rotate(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<ApiTokenId>,
    OptionalJsonBody(JsonBody { value, .. }): OptionalJsonBody<RotationBody>,
) -> Result<Response, Problem> {
    let given = replace(&state, &caller, id, value).await?;
    Ok(given.answer(state.clock.now()))
}

/// Gives out a token in place of another one.
///
/// # Errors
/// 404 without such a token; 409 when it is no good any more, or has been rotated; 422; when the database does not
/// answer.
pub(crate) async fn replace(
    state: &State,
    caller: &Caller,
    id: ApiTokenId,
    body: RotationBody,
) -> Result<Given, Problem> {
    let now = state.clock.now();
    let mut errors = Errors::default();
    let overlap = body.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    if overlap > OVERLAP_SECONDS_MAX {
        let detail = format!("must be from 0 to {OVERLAP_SECONDS_MAX}");
        errors.add("overlap_seconds", detail);
    }
    check_end(body.expires_at, now, &mut errors);
    errors.finish()?;
    let fresh = Fresh::new()?;
    let rotation = Rotation {
        old: id,
        new: ApiTokenId::new(),
        digest: &fresh.digest,
        by: &caller.name,
        old_until: now + TimeDelta::seconds(overlap.into()),
        expires_at: body.expires_at,
    };
    let mut tx = state.db.begin().await?;
    let old = get(&mut tx, id, caller).await?;
    let scopes = old.scopes.map(|it| it.known());
    if !reaches_all_of(caller, scopes.as_deref()) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "reaches-more",
            REACHES_MORE,
        ));
    }
    if !api_tokens::rotate(&mut tx, &rotation, caller.organization(), now).await? {
        let old = get(&mut tx, id, caller).await?;
        return Err(not_rotated(&old));
    }
    let row = get(&mut tx, rotation.new, caller).await?;
    tx.commit().await?;
    tracing::info!(token.id = %id, caller = caller.name, "a token was rotated");
    Ok(Given {
        secret: fresh.token,
        token: row,
    })
}

fn not_rotated(old: &ApiToken) -> Problem {
    let detail = match old.rotated_to {
        Some(next) => format!("it was rotated; {} is in its place", view::url(next)),
        None => "it is no good any more; give out another one with POST /api/tokens".to_owned(),
    };
    Problem::conflict("not-rotatable", detail)
}

fn check_end(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>, errors: &mut Errors) {
    if expires_at.is_some_and(|end| end <= now) {
        errors.add("expires_at", "must be in the future");
    }
}

async fn get(tx: &mut Tx, id: ApiTokenId, caller: &Caller) -> Result<ApiToken, Problem> {
    let token = api_tokens::get(tx, id, caller.organization()).await?;
    token.ok_or_else(|| Problem::missing("token"))
}
