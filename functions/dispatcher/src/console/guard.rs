//! What every page behind the sign-in asks first: who is it, and do forms come from here.

use axum::{
    extract::{Request, State as From},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use shared::store::console_sessions;

use super::{form, form::Form, page, session::SessionId, sign_in};
use crate::{
    State,
    auth::Caller,
    problem::{Problem, Told},
};

/// Who looks at the console.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// Whose token opened the session.
    pub(super) caller: Caller,
    /// What forms of this session's pages carry.
    pub(super) proof: String,
}

/// Lets a request of a session through, with its [`Visitor`], its [`Caller`] and, of a POST, its [`Form`];
/// shows others the way in. Refusals become pages.
pub(super) async fn require(From(state): From<State>, request: Request, next: Next) -> Response {
    let (session, visitor) = match visitor(&state, request.headers()).await {
        Ok(Some(found)) => found,
        Ok(None) => return sign_in::way_in(&request),
        Err(problem) => return page::refused(None, problem.into_response(), state.clock.now()),
    };
    let response = match admitted(request, &session, &visitor).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if response.extensions().get::<Told>().is_some() {
        return page::refused(Some(&visitor), response, state.clock.now());
    }
    response
}

/// The session of a request; `None` when it has none that is good.
async fn visitor(
    state: &State,
    headers: &HeaderMap,
) -> Result<Option<(SessionId, Visitor)>, Problem> {
    let Some(id) = SessionId::of(headers) else {
        return Ok(None);
    };
    let mut tx = state.db.begin().await?;
    let now = state.clock.now();
    let token = console_sessions::token_of(&mut tx, &id.digest(), now).await?;
    tx.commit().await?;
    let token: Option<[u8; 32]> = token.and_then(|token| token.try_into().ok());
    Ok(token
        .and_then(|token| state.tokens.caller_with(&token))
        .map(|caller| {
            let proof = id.proof().unwrap_or_default();
            (id, Visitor { caller, proof })
        }))
}

/// The request with what its handler needs.
async fn admitted(
    mut request: Request,
    session: &SessionId,
    visitor: &Visitor,
) -> Result<Request, Problem> {
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    if !is_safe {
        form::require_same_origin(request.headers())?;
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let form = Form::read(whole).await?;
        form.require_proof(session)?;
        request = Request::from_parts(parts, axum::body::Body::empty());
        request.extensions_mut().insert(form);
    }
    let extensions = request.extensions_mut();
    extensions.insert(visitor.caller.clone());
    extensions.insert(visitor.clone());
    Ok(request)
}
