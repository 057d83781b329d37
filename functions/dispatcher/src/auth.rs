//! Who may call: whoever has a token whose SHA-256 is configured, or in `api_tokens`, or one of the identity provider.
//!
//! Configured digests are compared in constant time, all of them every time; they are administrators of the
//! installation, so that somebody can give out the first token. Every failure gets the same answer, before anything
//! else of the request is looked at.

mod caller;
mod limit;
mod provider;
mod scoped;

use std::sync::Arc;

use axum::{
    extract::{self, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use shared::{
    config::{self, Oidc},
    store::{
        Scope, Tx,
        admissions::{self, Asking},
        members,
    },
};
use subtle::{Choice, ConstantTimeEq};

use crate::{State, access, problem::Problem};
pub(crate) use caller::{Caller, name_of, token_name};
pub(crate) use limit::Budget;
use provider::{Person, Provider};
pub(crate) use scoped::Unscoped;

/// What every token that was given out begins with, for those who look for secrets where none belong.
const PREFIX: &str = "sdl_";
/// Characters after it: 32 bytes in base64.
const SECRET_LENGTH: usize = 43;

/// Who may call, and how often.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// SHA-256 of the tokens of the installation's administrators.
    digests: Arc<[[u8; 32]]>,
    /// Of each caller; 0: as many as it likes.
    requests_per_minute: i32,
    provider: Option<Provider>,
}

impl Tokens {
    /// Tokens with these digests, and those in the database, as often as they like.
    #[must_use]
    pub fn new(digests: Vec<[u8; 32]>) -> Self {
        Self {
            digests: digests.into(),
            requests_per_minute: 0,
            provider: None,
        }
    }

    /// As configured.
    #[must_use]
    pub fn of(config: &config::Dispatcher) -> Self {
        let it = Self::new(config.token_digests.clone()).limited_to(config.requests_per_minute);
        match &config.oidc {
            None => it,
            Some(oidc) => it.with_provider(oidc.clone()),
        }
    }

    /// So many requests a minute from each; 0: as many as it likes.
    #[must_use]
    pub fn limited_to(self, requests_per_minute: u32) -> Self {
        Self {
            requests_per_minute: i32::try_from(requests_per_minute).unwrap_or(i32::MAX - 1),
            ..self
        }
    }

    /// Those of an identity provider too.
    #[must_use]
    pub fn with_provider(self, provider: Oidc) -> Self {
        Self {
            provider: Some(Provider::new(provider)),
            ..self
        }
    }

    /// Whether there is an identity provider.
    pub(crate) const fn have_provider(&self) -> bool {
        self.provider.is_some()
    }

    /// How many tokens of the installation's administrators are configured.
    pub(crate) fn configured(&self) -> usize {
        self.digests.len()
    }

    /// What is configured of the identity provider, if there is one.
    pub(crate) fn oidc(&self) -> Option<&Oidc> {
        self.provider.as_ref().map(Provider::config)
    }

    fn is_configured(&self, digest: &[u8; 32]) -> bool {
        let mut is_known = Choice::from(0);
        for known in self.digests.iter() {
            is_known |= known.ct_eq(digest);
        }
        is_known.into()
    }
}

/// What is known of a token here.
pub(crate) fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A token to give out, of the base64 of 32 random bytes.
pub(crate) fn written(secret: &str) -> String {
    format!("{PREFIX}{secret}")
}

/// Somebody who may call.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// Who.
    pub(crate) caller: Caller,
    /// How many more requests are taken; `None` when they are not counted.
    pub(crate) budget: Option<Budget>,
    /// By what a session knows them.
    pub(crate) sha256: [u8; 32],
    /// When the word of the identity provider ends, if it gave it.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// Whose token it is, of which we know the digest; or `known`, for whom somebody else vouches, with what they are
/// known by in its place. The request is counted by `counted`. `None`: nobody's.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn admit(
    state: &State,
    tx: &mut Tx,
    token: &[u8; 32],
    known: Option<Caller>,
    counted: &[u8; 32],
) -> Result<Option<Admitted>, Problem> {
    let tokens = &state.tokens;
    let now = state.clock.now();
    let is_configured = tokens.is_configured(token);
    let known = known.or_else(|| is_configured.then(|| Caller::of_installation(token)));
    let asking = Asking {
        token_sha256: token,
        is_known: known.is_some(),
        counted_sha256: counted,
        requests_max: tokens.requests_per_minute,
    };
    let found = admissions::find(tx, &asking, now).await?;
    let given_out = found.token.map(|row| Caller {
        name: name_of(token, &row.name),
        role: row.role,
        scope: Scope::of(row.organization_id),
        token_scopes: row.scopes.map(|it| it.known().into()),
        sha256: *token,
    });
    let Some(caller) = known.or(given_out) else {
        return Ok(None);
    };
    let count = found.count;
    Ok(Some(Admitted {
        caller,
        budget: count.map(|count| Budget::of(count, tokens.requests_per_minute, now)),
        sha256: *token,
        until: None,
    }))
}

/// The header for callers whose `Authorization` is AWS's, as with a URL that asks for its signature.
const TOKEN: &str = "x-sundial-token";

/// The token of `X-Sundial-Token`, or else of `Authorization: Bearer …`; two such headers are none.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if headers.contains_key(TOKEN) {
        return only(headers, TOKEN).map(|value| value.as_bytes().trim_ascii());
    }
    let value = only(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether the database may know this token. What looks like none of ours costs it no question.
fn is_given_out(token: &[u8]) -> bool {
    let secret = token.strip_prefix(PREFIX.as_bytes());
    secret.is_some_and(|secret| secret.len() == SECRET_LENGTH)
}

/// Whose token it is.
///
/// # Errors
/// When the database or the identity provider does not answer.
pub(crate) async fn of_token(state: &State, token: &[u8]) -> Result<Option<Admitted>, Problem> {
    let tokens = &state.tokens;
    let person = match &tokens.provider {
        Some(provider) if provider::is_json_web_token(token) => {
            provider.person(token, state.clock.now()).await?
        }
        _ => None,
    };
    let sha256 = person
        .as_ref()
        .map_or_else(|| digest(token), |it| it.sha256);
    let until = person.as_ref().map(|it| it.until);
    let known = match person {
        Some(person) => Some(Caller::from(person)),
        None if tokens.is_configured(&sha256) => Some(Caller::of_installation(&sha256)),
        None if is_given_out(token) => None,
        None => return Ok(None),
    };
    if let Some(caller) = &known
        && tokens.requests_per_minute == 0
        && until.is_none()
    {
        return Ok(Some(Admitted {
            caller: caller.clone(),
            budget: None,
            sha256,
            until: None,
        }));
    }
    let mut tx = state.db.begin_unhurried().await?;
    let admitted = admit(state, &mut tx, &sha256, known, &sha256).await?;
    if let Some(it) = admitted.as_ref().filter(|_| until.is_some()) {
        members::note(&mut tx, &it.caller.seen(), state.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(admitted.map(|it| Admitted { until, ..it }))
}

impl From<Person> for Caller {
    fn from(person: Person) -> Self {
        Self {
            name: person.name,
            role: person.role,
            scope: Scope::of(person.organization),
            token_scopes: None,
            sha256: person.sha256,
        }
    }
}

/// Lets a request through, with its [`Caller`], or says why not.
///
/// # Errors
/// 401, the same for every failure to prove oneself; 429.
pub(crate) async fn require(
    extract::State(unscoped): extract::State<Unscoped>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let state = unscoped.of_installation();
    let token = presented(request.headers()).ok_or_else(nobody)?.to_vec();
    let admitted = of_token(state, &token).await?;
    let Admitted { caller, budget, .. } = admitted.ok_or_else(nobody)?;
    if let Some(refusal) = budget.as_ref().and_then(Budget::refusal) {
        return Err(refusal);
    }
    let permitted = access::permit(state, &caller, &mut request).await;
    request.extensions_mut().insert(caller);
    let mut response = match permitted {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(budget) = budget {
        budget.note(response.headers_mut());
    }
    Ok(response)
}

fn nobody() -> Problem {
    let detail =
        "send `Authorization: Bearer`, or `X-Sundial-Token`, with a token that is valid here";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
