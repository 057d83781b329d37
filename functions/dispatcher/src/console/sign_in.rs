//! `GET` and `POST /console/sign-in`, `POST /console/sign-out`: a token of the API for a session.

use askama::Template;
use axum::{
    Extension,
    extract::{Request, State as From},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use shared::store::console_sessions::{self, NewSession};

use super::{
    assets::Assets,
    form::{self, Form},
    page,
    session::{LASTS, SessionId, Transport},
};
use crate::{State, auth, problem::Problem, query::Query};

/// Where one comes to without `next`.
const HOME: &str = "/console";

/// Sessions that are deleted when somebody signs in, at most.
const PRUNED_MAX: i64 = 1_000;

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
pub(super) async fn enter(From(state): From<State>, request: Request) -> Response {
    let headers = request.headers().clone();
    match entered(&state, &headers, request).await {
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
    let token = auth::digest(form.get("token").unwrap_or_default().as_bytes());
    if state.tokens.caller_with(&token).is_none() {
        let refusal = "This token is not valid here.".to_owned();
        return Ok(sign_in_page(StatusCode::FORBIDDEN, next, Some(refusal)));
    }
    let id = SessionId::new().ok_or_else(no_session)?;
    open(state, id, token, state.clock.now()).await?;
    let cookie = id.cookie(Transport::of(headers)).ok_or_else(no_session)?;
    let mut response = page::see_other(local(next).unwrap_or(HOME));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn open(
    state: &State,
    id: SessionId,
    token_sha256: [u8; 32],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let session = NewSession {
        id_sha256: id.digest(),
        token_sha256,
        expires_at: now + LASTS,
    };
    let mut tx = state.db.begin().await?;
    console_sessions::prune(&mut tx, now, PRUNED_MAX).await?;
    console_sessions::open(&mut tx, &session, now).await?;
    Ok(tx.commit().await?)
}

/// Ends the session.
pub(super) async fn leave(
    From(state): From<State>,
    Extension(form): Extension<Form>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    drop(form);
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
