//! The provider's published keys: read when they are needed, kept for a while, read anew for a key that is not known.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    clients::http::{Call, FetchError, Http, Limits, Method, Outgoing, UrlGuard},
    domain::chain,
};
use tokio::sync::Mutex;
use url::Url;

use crate::problem::Problem;

/// How long keys are used before they are read again: so long may a key that was withdrawn still be good.
const LAST: TimeDelta = TimeDelta::hours(1);
/// How long they are used while they cannot be read again.
const LAST_AT_MOST: TimeDelta = TimeDelta::hours(24);
/// How often they are read at most: strangers can name any key.
const READ_EVERY: TimeDelta = TimeDelta::minutes(1);
/// The largest answer taken. Providers publish two to ten keys of some 500 bytes.
const BYTES_MAX: u64 = 256 * 1024;
/// Most keys that are kept.
const KEYS_MAX: usize = 100;
/// Somebody waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the keys are, and those that were read last.
#[derive(Debug)]
pub(super) struct Keys {
    url: Url,
    http: Http,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Jwk>,
    read_at: Option<DateTime<Utc>>,
    tried_at: Option<DateTime<Utc>>,
}

/// The answer, whose keys are read one by one: one that we do not know must not take the others away.
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("status {0}")]
    Status(u16),
    #[error("no JSON Web Key Set")]
    Json(#[from] serde_json::Error),
}

impl Keys {
    /// Keys at an address; nothing is asked yet.
    pub(super) fn at(url: Url) -> Self {
        let guard = UrlGuard::for_setting(&url);
        Self {
            http: Http::open(guard, Limits::STANDARD),
            known: Mutex::default(),
            url,
        }
    }

    /// The key of a name that may be used with `algorithm`. `None`: there is none.
    ///
    /// # Errors
    /// 503 when no keys are known and they cannot be read.
    pub(super) async fn find(
        &self,
        kid: &str,
        algorithm: Algorithm,
        now: DateTime<Utc>,
    ) -> Result<Option<DecodingKey>, Problem> {
        let mut known = self.known.lock().await;
        if known.wants_reading(kid, now) {
            known.tried_at = Some(now);
            match self.read().await {
                Ok(keys) => {
                    known.keys = keys;
                    known.read_at = Some(now);
                }
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "the identity provider's keys were not read");
                }
            }
        }
        if known.read_at.is_none_or(|at| at + LAST_AT_MOST <= now) {
            return Err(unavailable());
        }
        Ok(known.key(kid, algorithm))
    }

    async fn read(&self) -> Result<Vec<Jwk>, ReadError> {
        let call = Call {
            method: Method::GET,
            url: self.url.as_str(),
            headers: &[("accept", "application/json")],
            body: Outgoing::Nothing,
            bytes_max: BYTES_MAX,
            timeout: PATIENCE,
        };
        let answer = self.http.call(call).await?;
        if answer.status != 200 {
            return Err(ReadError::Status(answer.status));
        }
        let published: Published = serde_json::from_slice(&answer.body)?;
        let keys = published.keys.into_iter().take(KEYS_MAX);
        Ok(keys
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect())
    }
}

impl Known {
    fn wants_reading(&self, kid: &str, now: DateTime<Utc>) -> bool {
        let was_just_tried = self.tried_at.is_some_and(|at| at + READ_EVERY > now);
        let is_old = self.read_at.is_none_or(|at| at + LAST <= now);
        !was_just_tried && (is_old || self.named(kid).is_none())
    }

    fn named(&self, kid: &str) -> Option<&Jwk> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.common.key_id.as_deref() == Some(kid))
    }

    /// A key is used for what it was published for, and for nothing else.
    fn key(&self, kid: &str, algorithm: Algorithm) -> Option<DecodingKey> {
        let key = self.named(kid)?;
        let common = &key.common;
        let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let is_its = common
            .key_algorithm
            .is_none_or(|it| Algorithm::try_from(it).is_ok_and(|it| it == algorithm));
        let decoding = DecodingKey::from_jwk(key).ok()?;
        (signs && is_its && decoding.family() == algorithm.family()).then_some(decoding)
    }
}

fn unavailable() -> Problem {
    let detail = "the identity provider does not answer; try again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
}
