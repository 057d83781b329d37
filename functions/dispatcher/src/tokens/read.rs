//! `GET /api/tokens`, `GET /api/tokens/{id}` and `DELETE /api/tokens/{id}`.

use axum::{Extension, Json, http::StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::ApiTokenId,
    store::api_tokens::{self, ApiToken},
};

use super::view::TokenView;
use crate::{
    State,
    auth::Caller,
    problem::Problem,
    query::{self, Id, Query},
};

/// Tokens in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listed {
    tokens: Vec<TokenView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// Tokens, newest first; those that are no good any more too.
///
/// # Errors
/// 404 for tokens of an organisation that is not the caller's; when the database does not answer.
pub(crate) async fn list(
    state: State,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<Listed>, Problem> {
    let wanted = query.id("organization_id")?;
    let after = query.place("after")?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let within = caller.within(wanted)?;
    let mut tx = state.db.begin().await?;
    let tokens = api_tokens::list(&mut tx, within, after, limit + 1).await?;
    tx.commit().await?;
    let (tokens, next_after) = page(tokens, limit);
    let now = state.clock.now();
    let tokens = tokens.into_iter().map(|token| TokenView::at(now, token));
    Ok(Json(Listed {
        tokens: tokens.collect(),
        next_after,
    }))
}

/// At most `limit` of these tokens, and the place behind which there are more.
pub(crate) fn page(tokens: Vec<ApiToken>, limit: i64) -> (Vec<ApiToken>, Option<String>) {
    let place_of = |it: &ApiToken| query::place(it.created_at, it.id.0);
    query::page(tokens, limit, place_of)
}

/// One token.
///
/// # Errors
/// 404 without such a token; when the database does not answer.
pub(crate) async fn one(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<ApiTokenId>,
) -> Result<Json<TokenView>, Problem> {
    let mut tx = state.db.begin().await?;
    let token = api_tokens::get(&mut tx, id, caller.organization()).await?;
    tx.commit().await?;
    let token = token.ok_or_else(|| Problem::missing("token"))?;
    Ok(Json(TokenView::at(state.clock.now(), token)))
}

/// Takes a token back: it and the sessions opened with it are no good from now on. May be repeated.
///
/// # Errors
/// 404 without such a token; when the database does not answer.
pub(crate) async fn revoke(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<ApiTokenId>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.db.begin().await?;
    let is_there =
        api_tokens::revoke(&mut tx, id, caller.organization(), state.clock.now()).await?;
    tx.commit().await?;
    if !is_there {
        return Err(Problem::missing("token"));
    }
    tracing::info!(token.id = %id, caller = caller.name, "a token was revoked");
    Ok(StatusCode::NO_CONTENT)
}
