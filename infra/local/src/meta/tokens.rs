//! The tokens that were registered or exchanged. Others may read everything, as long as they do not
//! begin with [`EXPIRED_PREFIX`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{TOKEN, faults::lock, refusal::Refusal, token::EXPIRED_PREFIX};

/// How long a token from an exchange is good for.
///
/// **Source:** Facebook Login, "Long-lived access tokens": about 60 days.
const LONG_LIVED: TimeDelta = TimeDelta::days(60);

/// Either of these lets a token read ads.
///
/// **Source:** Marketing API, "Authorization".
const READING: &[&str] = &["ads_read", "ads_management"];

/// A token to know, as posted to `/_control/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSpec {
    /// The token.
    pub token: String,
    /// The accounts it may read, with the prefix `act_`; no others.
    pub accounts: Vec<String>,
    /// When it expires, counted from now; not after now means that it has. `None` is never.
    #[serde(default)]
    pub expires_in_seconds: Option<i64>,
    /// What it was granted.
    #[serde(default = "reading")]
    pub scopes: Vec<String>,
}

fn reading() -> Vec<String> {
    vec!["ads_read".to_owned()]
}

/// A token that is known.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The accounts it may read; `None` is all.
    pub(super) accounts: Option<Vec<String>>,
    /// What it was granted.
    pub(super) scopes: Vec<String>,
    /// When it was made.
    pub(super) issued: DateTime<Utc>,
    /// When it expires; `None` is never.
    pub(super) expires: Option<DateTime<Utc>>,
    is_revoked: bool,
}

impl Known {
    fn of_all(now: DateTime<Utc>) -> Self {
        Self {
            accounts: None,
            scopes: reading(),
            issued: now,
            expires: None,
            is_revoked: false,
        }
    }
}

/// All that are known.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    known: Mutex<BTreeMap<String, Known>>,
    codes: Mutex<BTreeSet<String>>,
}

impl Tokens {
    /// Makes a token known.
    pub(super) fn register(&self, spec: TokenSpec, now: DateTime<Utc>) {
        let lifetime = spec.expires_in_seconds.map(TimeDelta::seconds);
        let known = Known {
            accounts: Some(spec.accounts),
            scopes: spec.scopes,
            expires: lifetime.map(|lifetime| now + lifetime),
            ..Known::of_all(now)
        };
        lock(&self.known).insert(spec.token, known);
    }

    /// Makes a token invalid from now on.
    pub(super) fn revoke(&self, token: &str, now: DateTime<Utc>) {
        let mut known = lock(&self.known);
        let token = known.entry(token.to_owned());
        token.or_insert_with(|| Known::of_all(now)).is_revoked = true;
    }

    /// What is known of a token that is valid.
    ///
    /// # Errors
    /// 190/460 when it was revoked, 190/463 when it has expired.
    pub(super) fn valid(&self, token: &str, now: DateTime<Utc>) -> Result<Known, Refusal> {
        match lock(&self.known).get(token) {
            Some(known) if known.is_revoked => Err(Refusal::token_revoked()),
            Some(known) if known.expires.is_some_and(|expires| expires <= now) => {
                Err(Refusal::token_expired())
            }
            Some(known) => Ok(known.clone()),
            None if token.starts_with(EXPIRED_PREFIX) => Err(Refusal::token_expired()),
            None => Ok(Known::of_all(now)),
        }
    }

    /// The accounts a valid token may read; `None` is all.
    ///
    /// # Errors
    /// As [`Self::valid`].
    pub(super) fn accounts(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<String>>, Refusal> {
        let known = self.valid(token, now)?;
        let may_read = known.scopes.iter().any(|it| READING.contains(&it.as_str()));
        Ok(if may_read {
            known.accounts
        } else {
            Some(Vec::new())
        })
    }

    /// Gives a new token for an old one, with its rights, and how long it is good for. The old one
    /// stays as it is.
    ///
    /// # Errors
    /// As [`Self::valid`]; 190/463 also for a token that was never registered.
    pub(super) fn exchange(
        &self,
        old: &str,
        now: DateTime<Utc>,
    ) -> Result<(String, TimeDelta), Refusal> {
        let is_known = old == TOKEN || lock(&self.known).contains_key(old);
        let known = self.valid(old, now)?;
        if !is_known {
            return Err(Refusal::token_expired());
        }
        Ok(self.issue(known, old, now))
    }

    /// Gives a token for a code from a login.
    ///
    /// # Errors
    /// 100 for a code that was used.
    pub(super) fn redeem(
        &self,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<(String, TimeDelta), Refusal> {
        if !lock(&self.codes).insert(code.to_owned()) {
            return Err(Refusal::code_used());
        }
        Ok(self.issue(Known::of_all(now), code, now))
    }

    fn issue(&self, rights: Known, from: &str, now: DateTime<Utc>) -> (String, TimeDelta) {
        let mut known = lock(&self.known);
        let digest = Sha256::digest(format!("{from} {}", known.len()));
        let token = format!("EAA{}", hex::encode(digest));
        let issued = Known {
            issued: now,
            expires: Some(now + LONG_LIVED),
            ..rights
        };
        known.insert(token.clone(), issued);
        (token, LONG_LIVED)
    }
}
