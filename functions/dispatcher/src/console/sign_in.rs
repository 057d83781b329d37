//! `GET` and `POST /console/sign-in`, `POST /console/sign-out`: a token of the API for a session.

use askama::Template;
use axum::{
    Extension,
    extract::{Request, State as From},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{
    admissions,
    console_sessions::{self, NewSession},
};

use super::{
    assets::Assets,
    form::{self, Form},
    page,
    session::{LASTS, SessionId, Transport},
};
use crate::{
    State,
    auth::{self, Admitted, Budget, Unscoped},
    problem::Problem,
    query::Query,
};

/// Where one comes to without `next`.
const HOME: &str = "/console";

/// Sessions that are deleted when somebody signs in, at most.
const PRUNED_MAX: i64 = 1_000;

/// How long counts of requests are kept, of which only those of the last minute matter.
const COUNTS_KEPT: TimeDelta = TimeDelta::days(1);

/// Longest address to go on to, in bytes.
const NEXT_BYTES_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    assets: Assets,
    next: String,
    refusal: Option<String>,
}

/// The form, whatever else the address says.
pub(super) async fn show(mut query: Query) -> Response {
    let next = query.text("next").ok().flatten();
    sign_in_page(StatusCode::OK, next.as_deref(), None)
}

/// Opens a session for whoever has a token. Every wrong token gets the same answer.
pub(super) async fn enter(From(unscoped): From<Unscoped>, request: Request) -> Response {
    let state = unscoped.of_installation();
    let headers = request.headers().clone();
    match entered(state, &headers, request).await {
        Ok(response) => response,
        Err(problem) => {
            let detail = problem.told().detail;
            sign_in_page(problem.status(), None, Some(detail))
        }
    }
}

async fn entered(
    state: &State,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    form::require_same_origin(headers)?;
    let form = Form::read(request).await?;
    let next = form.get("next");
    let token = form.get("token").unwrap_or_default().as_bytes();
    let Some(admitted) = auth::of_token(state, token).await? else {
        return Ok(refused(next));
    };
    if let Some(refusal) = admitted.budget.as_ref().and_then(Budget::refusal) {
        return Err(refusal);
    }
    if admitted.caller.token_scopes.is_some() {
        return Ok(for_programs(next));
    }
    let id = SessionId::new().ok_or_else(no_session)?;
    if !open(state, id, admitted, state.clock.now()).await? {
        return Ok(refused(next));
    }
    let cookie = id.cookie(Transport::of(headers)).ok_or_else(no_session)?;
    let mut response = page::see_other(local(next).unwrap_or(HOME));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Opens a session, which lasts no longer than the identity provider vouches for its visitor. `false`: it does no more,
/// or for somebody of an organisation that is not there.
async fn open(
    state: &State,
    id: SessionId,
    admitted: Admitted,
    now: DateTime<Utc>,
) -> Result<bool, Problem> {
    let Admitted { caller, until, .. } = admitted;
    let organization_id = caller.organization();
    let visitor = until.map(|_| console_sessions::Visitor {
        name: caller.name,
        role: caller.role,
        organization_id,
    });
    let session = NewSession {
        id_sha256: id.digest(),
        token_sha256: admitted.sha256,
        visitor,
        expires_at: until.map_or(now + LASTS, |until| until.min(now + LASTS)),
    };
    if session.expires_at <= now {
        return Ok(false);
    }
    let mut tx = state.db.begin().await?;
    console_sessions::prune(&mut tx, now, PRUNED_MAX).await?;
    admissions::prune(&mut tx, now - COUNTS_KEPT, PRUNED_MAX).await?;
    let is_open = console_sessions::open(&mut tx, &session, now).await?;
    tx.commit().await?;
    Ok(is_open)
}

/// Ends the session.
pub(super) async fn leave(
    From(unscoped): From<Unscoped>,
    Extension(form): Extension<Form>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    drop(form);
    let state = unscoped.of_installation();
    if let Some(id) = SessionId::of(&headers) {
        let mut tx = state.db.begin().await?;
        console_sessions::close(&mut tx, &id.digest()).await?;
        tx.commit().await?;
    }
    let mut response = page::see_other("/console/sign-in");
    if let Some(cookie) = Transport::of(&headers).no_cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    let all = HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert("clear-site-data", all);
    Ok(response)
}

/// Sends whoever has no session to the form, and back afterwards if they only wanted to look.
pub(super) fn way_in(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map(|it| it.as_str());
    let wanted = wanted.filter(|_| request.method().is_safe());
    let Some(wanted) = local(wanted).filter(|wanted| *wanted != HOME) else {
        return page::see_other("/console/sign-in");
    };
    let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    page::see_other(&format!("/console/sign-in?next={next}"))
}

/// An address of the console, and of nowhere else: browsers read `//` and `/\` as another host.
fn local(next: Option<&str>) -> Option<&str> {
    next.filter(|next| {
        let is_ours =
            *next == HOME || next.starts_with("/console/") || next.starts_with("/console?");
        is_ours
            && next.len() <= NEXT_BYTES_MAX
            && next
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    })
}

fn sign_in_page(status: StatusCode, next: Option<&str>, refusal: Option<String>) -> Response {
    let page = SignInPage {
        assets: Assets,
        next: local(next).unwrap_or_default().to_owned(),
        refusal,
    };
    (status, page::html(&page)).into_response()
}

/// The same for every token that is no good.
fn refused(next: Option<&str>) -> Response {
    let refusal = "This token is not valid here.".to_owned();
    sign_in_page(StatusCode::FORBIDDEN, next, Some(refusal))
}

/// For a token that reaches parts of the API only.
fn for_programs(next: Option<&str>) -> Response {
    let refusal = "This token has scopes: it is for programs, and the console takes one without.";
    sign_in_page(StatusCode::FORBIDDEN, next, Some(refusal.to_owned()))
}

fn no_session() -> Problem {
    let detail = "a session could not be made; try again";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_console_are_gone_on_to() {
        for next in [
            "/console",
            "/console?done=paused",
            "/console/jobs?brand=1#a",
        ] {
            assert_eq!(local(Some(next)), Some(next));
        }
        for next in [
            "",
            "/",
            "//evil.example/console",
            "/\\evil.example",
            "https://evil.example/console",
            "/consolex",
            "/console/\\evil",
            "/console/\r\nset-cookie: a=b",
            "javascript:alert(1)",
            "/api/runs",
        ] {
            assert_eq!(local(Some(next)), None, "{next}");
        }
    }
}
