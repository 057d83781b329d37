//! One account: its token is exchanged, sealed and saved, or people are told why not.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::meta::{App, Class, Extended, Meta, MetaError},
    config::Secret,
    domain::{JobError, TokenRefreshParams},
    runtime::Run,
    store::{
        ad_accounts::{self, Expiring, NewToken},
        notifications,
        tokens::{self, TokenError},
    },
};

use crate::{Clients, day};

/// Meta extends tokens of this age and leaves younger ones as they are.
///
/// **Source:** Meta, "Long-lived access tokens": "at least 24 hours old".
const AGE_MIN: TimeDelta = TimeDelta::hours(24);

/// A token that ends at most so much later than the one before was not extended.
const NO_GAIN: TimeDelta = TimeDelta::hours(1);

/// What became of a token.
#[derive(Debug)]
pub(crate) enum Ending {
    /// There is another one, until then; `None`: without an end that Meta tells.
    Extended(Option<DateTime<Utc>>),
    /// It is too young to be extended.
    Young,
    /// Somebody gave the account another one meanwhile.
    Replaced,
    /// It is no longer good; people were told, by this run or another one.
    Lost { why: String },
    /// There is no app that could extend it; people were told.
    NoApp { end: DateTime<Utc> },
    /// Meta gave a token that ends when the old one does; people were told.
    NoGain { end: DateTime<Utc> },
    /// It cannot be opened or sealed; a person must look.
    Unusable(TokenError),
    /// Meta did not extend it this time.
    Failed(MetaError),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extended(Some(end)) => write!(f, "extended until {}", day(*end)),
            Self::Extended(None) => write!(f, "extended; Meta names no end"),
            Self::Young => write!(f, "given out less than a day ago, too young to be extended"),
            Self::Replaced => write!(f, "has another token by now"),
            Self::Lost { why } => write!(f, "must be connected again: {why}"),
            Self::NoApp { end } => write!(f, "{}", no_app(*end)),
            Self::NoGain { end } => write!(f, "{}", no_gain(*end)),
            Self::Unusable(error) => write!(f, "{error}"),
            Self::Failed(error) => write!(f, "not extended: {error}"),
        }
    }
}

fn no_app(end: DateTime<Utc>) -> String {
    format!(
        "its token expires at {} and cannot be extended: set META_APP_ID and META_APP_SECRET, or link the \
         account again with a new token before",
        day(end)
    )
}

fn no_gain(end: DateTime<Utc>) -> String {
    format!(
        "its token expires at {} and Meta does not extend it; link the account again with a new token before",
        day(end)
    )
}

/// Extends one token.
///
/// # Errors
/// `Snooze` when Meta throttles us, `Retry` when the database does not answer. Nothing was saved then.
pub(crate) async fn extend(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
) -> Result<Ending, JobError> {
    let is_young = expiring
        .issued_at
        .is_some_and(|at| at > run.now() - AGE_MIN);
    if is_young {
        return Ok(Ending::Young);
    }
    let end = expiring.expires_at;
    let Some(app) = App::of(&clients.meta) else {
        tell_expiring(run, expiring, &no_app(end)).await?;
        return Ok(Ending::NoApp { end });
    };
    match exchange(clients, run, expiring, &app).await {
        Ok(Ok(extended)) => {
            let end = end_of(clients, run, &extended, &app).await;
            keep(clients, run, expiring, &extended.token, end).await
        }
        Ok(Err(error)) => refused(run, expiring, error).await,
        Err(error) => Ok(Ending::Unusable(error)),
    }
}

/// Asks Meta for another token with the one that is kept.
async fn exchange(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    app: &App,
) -> Result<Result<Extended, MetaError>, TokenError> {
    let token = tokens::token_of(&expiring.account, &clients.meta)?;
    let meta = Meta::open(&clients.meta, &token, &clients.http);
    run.watch(meta.throttles());
    Ok(meta.exchange(app).await)
}

/// When the new token ends. An exchange does not always say, so Meta is asked once more; `None`: it does
/// not end, as far as is known.
async fn end_of(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    extended: &Extended,
    app: &App,
) -> Option<DateTime<Utc>> {
    if let Some(lasts) = extended.lasts {
        return run
            .now()
            .checked_add_signed(TimeDelta::from_std(lasts).ok()?);
    }
    let seen = Meta::open(&clients.meta, &extended.token, &clients.http)
        .inspect(app)
        .await;
    seen.ok()?.expires_at
}

async fn keep(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    token: &Secret,
    end: Option<DateTime<Utc>>,
) -> Result<Ending, JobError> {
    const DOING: &str = "saving a token";
    let account = &expiring.account;
    let place = (account.brand_id, account.account.as_str());
    let sealed = tokens::seal(&clients.meta.token_keys, token, place.0, place.1);
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Ending::Unusable(error)),
    };
    let token = NewToken {
        sealed,
        issued_at: run.now(),
        expires_at: end,
    };
    if end.is_some_and(|end| end <= expiring.expires_at + NO_GAIN) {
        let end = expiring.expires_at;
        tell_expiring(run, expiring, &no_gain(end)).await?;
        return Ok(Ending::NoGain { end });
    }
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let is_saved = ad_accounts::save_token(&mut tx, account, &token)
        .await
        .map_err(JobError::retry(DOING))?;
    if is_saved {
        notifications::accounts::settle(&mut tx, place.0, place.1)
            .await
            .map_err(JobError::retry(DOING))?;
    }
    tx.commit().await.map_err(JobError::retry(DOING))?;
    Ok(match is_saved {
        true => Ending::Extended(end),
        false => Ending::Replaced,
    })
}

/// What an error of Meta's means for the account.
async fn refused(
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    error: MetaError,
) -> Result<Ending, JobError> {
    match error.class() {
        Class::Throttled => Err(JobError::Snooze {
            by: "Meta",
            delay: error.pause(),
        }),
        Class::Auth => {
            let why = error.to_string();
            lose(run, expiring, &why).await?;
            Ok(Ending::Lost { why })
        }
        _ => Ok(Ending::Failed(error)),
    }
}

/// Notes that the token is no longer good and tells people, both or neither.
async fn lose(
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    why: &str,
) -> Result<(), JobError> {
    const DOING: &str = "noting that an account must be connected again";
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let is_news = ad_accounts::needs_reconnect(&mut tx, &expiring.account, why)
        .await
        .map_err(JobError::retry(DOING))?;
    if is_news {
        let body =
            format!("{why}. Link the account again with a new token; its jobs cannot work before.");
        notifications::accounts::reconnect(&mut tx, &expiring.account, &body, run.now())
            .await
            .map_err(JobError::retry(DOING))?;
    }
    tx.commit().await.map_err(JobError::retry(DOING))
}

/// Tells people, once for each token, that it will end.
async fn tell_expiring(
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    advice: &str,
) -> Result<(), JobError> {
    const DOING: &str = "telling that a token expires";
    let (account, end) = (&expiring.account, expiring.expires_at);
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    notifications::accounts::expiring(&mut tx, account, end, advice, run.now())
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))
}
