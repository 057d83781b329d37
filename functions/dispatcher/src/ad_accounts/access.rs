//! With which token an account is asked about, and what Meta answers.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::{
        http::{Http, Limits, UrlGuard},
        meta::{App, Checked, LinkCheck, Meta, ReasonCode},
    },
    config::{self, Secret},
    store::{
        ad_accounts::{Access, AdAccount},
        tokens::{self, TokenError},
    },
};

use crate::problem::Problem;

/// A person waits, and the function itself has 30 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// A token that ends sooner is exchanged when it comes in, for tokens of a login end after an hour or two;
/// `token_refresh` leaves tokens alone that are younger than a day.
const SHORT_LIVED: TimeDelta = TimeDelta::hours(48);

/// The way to Meta. Clones share it.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) config: Arc<config::Meta>,
    http: Http,
}

impl Graph {
    /// Opens the way; nothing is asked yet.
    #[must_use]
    pub fn open(config: config::Meta) -> Self {
        let guard = UrlGuard::for_setting(&config.graph_url);
        Self {
            config: Arc::new(config),
            http: Http::open(guard, Limits::STANDARD),
        }
    }

    fn meta(&self, token: &Secret) -> Meta {
        Meta::open(&self.config, token, &self.http)
    }

    fn app(&self) -> Option<App> {
        App::of(&self.config)
    }
}

/// The token an account is asked about with.
pub(super) enum Asking {
    /// One that came with the request, to be the account's own.
    Given(Secret),
    /// The account's own, as it is.
    Own(Secret),
    /// The system user's.
    System(Secret),
}

impl Asking {
    /// The token given, or else the one that reads the account: `linked` is its row, if it has one.
    ///
    /// # Errors
    /// 422 when there is none.
    pub(super) fn with(
        graph: &Graph,
        given: Option<Secret>,
        linked: Option<&AdAccount>,
    ) -> Result<Self, Problem> {
        if let Some(token) = given {
            let can_seal = graph.config.token_keys.sealing();
            can_seal.ok_or_else(|| token_problem(&TokenError::NoKeys))?;
            return Ok(Self::Given(token));
        }
        let token = match linked {
            Some(row) => tokens::token_of(row, &graph.config),
            None => {
                let system = graph.config.access_token.clone();
                system.ok_or(TokenError::NoSystemToken)
            }
        };
        let token = token.map_err(|error| token_problem(&error))?;
        Ok(match linked.map(|row| &row.access) {
            Some(Access::Own(_) | Access::Lost) => Self::Own(token),
            Some(Access::System) | None => Self::System(token),
        })
    }

    fn token(&self) -> &Secret {
        match self {
            Self::Given(token) | Self::Own(token) | Self::System(token) => token,
        }
    }

    /// Whether Meta lets the token read `account`. A given one must be of our app, where there is one, as
    /// it could not be extended otherwise.
    pub(super) async fn check(&self, graph: &Graph, account: &str) -> Checked {
        let app = graph.app().filter(|_| matches!(self, Self::Given(_)));
        let meta = graph.meta(self.token());
        let checked = tokio::time::timeout(PATIENCE, meta.check_link(account, app.as_ref()));
        checked.await.unwrap_or_else(|_| {
            let error = format!("Meta did not answer within {} s", PATIENCE.as_secs());
            Checked::unknown(LinkCheck::because(account, ReasonCode::SdkError, error))
        })
    }
}

/// A token to keep, not sealed yet.
pub(super) struct Keeping {
    pub(super) token: Secret,
    pub(super) issued_at: DateTime<Utc>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) user_name: Option<String>,
}

impl Keeping {
    /// What to keep of a given token that was checked: a longer-lived one in place of one that ends soon.
    ///
    /// # Errors
    /// 422 with the check when a token that ends soon cannot be exchanged.
    pub(super) async fn of(
        graph: &Graph,
        token: &Secret,
        checked: &Checked,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let meta = graph.meta(token);
        let seen = checked.inspection.as_ref();
        let expires_at = seen.and_then(|seen| seen.expires_at);
        let kept = Self {
            token: token.clone(),
            issued_at: seen.and_then(|seen| seen.issued_at).unwrap_or(now),
            expires_at,
            // Nice to have; the link does not depend on it.
            user_name: meta.user_name().await.ok().flatten(),
        };
        let (Some(app), Some(_)) = (
            graph.app(),
            expires_at.filter(|end| *end < now + SHORT_LIVED),
        ) else {
            return Ok(kept);
        };
        match meta.exchange(&app).await {
            Ok(extended) => Ok(Self {
                token: extended.token,
                issued_at: now,
                expires_at: extended
                    .lasts
                    .and_then(|it| Some(now + TimeDelta::from_std(it).ok()?)),
                ..kept
            }),
            Err(error) => {
                let error = format!("the token ends soon and cannot be extended: {error}");
                let mut check = checked.check.clone();
                check.reason_code = ReasonCode::SdkError;
                check.error = Some(error);
                Err(Problem::not_linkable(check))
            }
        }
    }
}

/// 422: a person must change a setting or send another token.
pub(super) fn token_problem(error: &TokenError) -> Problem {
    Problem::field("access_token", error.to_string())
}
