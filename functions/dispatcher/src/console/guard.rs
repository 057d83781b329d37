//! What every page behind the sign-in asks first: who is it, what may they do, and do forms come from here.

use axum::{
    extract::{Request, State as From},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use shared::store::{console_sessions, members};

use super::{form, form::Form, page, session::SessionId, sign_in, strip};
use crate::{
    State, access,
    auth::{self, Admitted, Budget, Caller, Unscoped},
    notifications,
    problem::{Problem, Told},
};

/// What the parts of pages are counted for that fetch themselves anew: their own minute, so that a page left open
/// does not take from whoever uses it.
const POLLING: &[u8] = b"polling";

/// Who looks at the console.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// Whose token opened the session.
    pub(super) caller: Caller,
    /// What forms of this session's pages carry.
    pub(super) proof: String,
    /// How many notifications they have not read; `None` where no page is made.
    pub(super) unread: Option<i64>,
}

/// Lets a request of a session through, with its [`Visitor`], its [`Caller`] and, of a POST, its [`Form`];
/// shows others the way in. Refusals become pages.
pub(super) async fn require(
    From(unscoped): From<Unscoped>,
    mut request: Request,
    next: Next,
) -> Response {
    let state = unscoped.of_installation();
    let now = state.clock.now();
    let is_polling = request.uri().path().ends_with("/live");
    let (session, mut visitor, budget) = match visitor(state, request.headers(), is_polling).await {
        Ok(Some(it)) => it,
        Ok(None) if request.uri().path() == strip::PATH => return strip::door(),
        Ok(None) => return sign_in::way_in(&request),
        Err(problem) => return page::refused(None, problem.into_response(), now),
    };
    let permitted = match budget.as_ref().and_then(Budget::refusal) {
        Some(refusal) => Err(refusal),
        None => access::permit(state, &visitor.caller, &mut request).await,
    };
    if permitted.is_ok() && *request.method() == Method::GET && !is_polling {
        visitor.unread = unread(state, &visitor.caller).await;
    }
    let response = match permitted {
        Ok(()) => match admitted(request, &session, &visitor).await {
            Ok(request) => next.run(request).await,
            Err(problem) => problem.into_response(),
        },
        Err(problem) => problem.into_response(),
    };
    if response.extensions().get::<Told>().is_some() {
        return page::refused(Some(&visitor), response, now);
    }
    response
}

/// The session of a request; `None` when it has none that is good, or its token is good no more.
async fn visitor(
    state: &State,
    headers: &HeaderMap,
    is_polling: bool,
) -> Result<Option<(SessionId, Visitor, Option<Budget>)>, Problem> {
    let Some(id) = SessionId::of(headers) else {
        return Ok(None);
    };
    let mut tx = state.db.begin_unhurried().await?;
    let now = state.clock.now();
    let Some(session) = console_sessions::find(&mut tx, &id.digest(), now).await? else {
        return Ok(None);
    };
    let Ok(token) = <[u8; 32]>::try_from(session.token_sha256) else {
        return Ok(None);
    };
    if session.visitor.is_some() && !state.tokens.have_provider() {
        return Ok(None);
    }
    let is_person = session.visitor.is_some();
    let known = session.visitor.map(|it| Caller::of_session(it, token));
    let counted = if is_polling {
        auth::digest(&[&token, POLLING].concat())
    } else {
        token
    };
    let admitted = auth::admit(state, &mut tx, &token, known, &counted).await?;
    if let Some(it) = admitted.as_ref().filter(|_| is_person && !is_polling) {
        members::note(&mut tx, &it.caller.seen(), now).await?;
    }
    tx.commit().await?;
    Ok(admitted.map(|Admitted { caller, budget, .. }| {
        let proof = id.proof().unwrap_or_default();
        (
            id,
            Visitor {
                caller,
                proof,
                unread: None,
            },
            budget,
        )
    }))
}

/// How many notifications the visitor has not read. A page is not refused for want of that.
async fn unread(state: &State, caller: &Caller) -> Option<i64> {
    let count = async {
        let mut tx = state.db.within(caller.scope).begin().await?;
        let count = notifications::unread(&mut tx, caller, state.clock.now()).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(count)
    };
    count.await.ok()
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
