//! Meta's Graph API, as far as Sundial reads it.
//!
//! The token travels in a header, never in a URL; pages are rebuilt from their cursor, for the `next` that
//! Meta sends repeats the token. Every answer is looked at for usage headers, errors included.

mod address;
mod answer;
mod batch;
mod creative;
pub mod destination;
mod edges;
mod error;
mod figures;
mod identity;
mod ids;
pub mod insights;
mod lenient;
mod link;
pub mod media;
mod nodes;
mod page_size;
mod pages;
mod reads;
mod reports;
pub mod sniff;
#[cfg(test)]
mod tests;
mod throttle;
mod tokens;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::config::{self, Secret};

use super::{
    http::{Answer, FetchError, Http, UrlGuard},
    throttles::Throttles,
};
pub use creative::{
    ActionValue, AssetFeed, CallToAction, Card, Creative, FeedBody, FeedImage, FeedVideo, LinkData,
    PhotoData, StorySpec, VideoData,
};
pub use edges::{AdFacts, CampaignFacts};
pub use error::{Class, GraphError, MetaError};
pub use link::{Checked, LinkCheck, ReasonCode};
pub use nodes::AccountFacts;
pub use page_size::PageSize;
pub use pages::{Cursor, Page};
pub use reads::{AdImage, AdVideo};
pub use reports::ReportState;
pub use throttle::{Advice, Pressure};
pub use tokens::{App, Extended, Inspection};

/// Largest JSON body read: 50 dynamic creatives stay far below 1 MB.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Longer addresses travel as a form. **Source:** common limits of servers and proxies are 8 kB.
const URL_BYTES_MAX: usize = 7_500;

/// How often a passing fault is tried again within one read.
const RETRIES: u32 = 2;

/// One account's access to the Graph API. One value per token; nothing is shared between tenants.
pub struct Meta {
    http: Http,
    base: Url,
    version: String,
    token: Secret,
    proof: Option<String>,
    retry_wait: Duration,
    pressure: Mutex<Pressure>,
    throttles: Throttles,
    is_version_checked: AtomicBool,
}

impl std::fmt::Debug for Meta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meta")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Meta {
    /// Opens the API for one token, over the connections of `http` but with a guard of its own.
    /// The token of `config` is not looked at: whoever calls says which one reads the account.
    #[must_use]
    pub fn open(config: &config::Meta, token: &Secret, http: &Http) -> Self {
        let http = http.guarded_by(UrlGuard::for_setting(&config.graph_url));
        let proof = config.app_secret.as_ref();
        let proof = proof.map(|secret| appsecret_proof(secret, token));
        Self {
            http,
            base: config.graph_url.clone(),
            version: config.api_version.clone(),
            token: token.clone(),
            proof,
            retry_wait: Duration::from_secs(1),
            pressure: Mutex::default(),
            throttles: Throttles::default(),
            is_version_checked: AtomicBool::new(false),
        }
    }

    /// What the headers of the latest answer ask of us.
    #[must_use]
    pub fn advice(&self) -> Advice {
        self.pressure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .advice()
    }

    /// Calls that Meta refused because there were too many.
    #[must_use]
    pub fn throttles(&self) -> &Throttles {
        &self.throttles
    }

    /// One object or edge. Passing faults are tried again; the wait doubles.
    async fn get(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<Bytes, MetaError> {
        let url = self.url(path, parameters)?;
        if url.len() > URL_BYTES_MAX {
            let form = [("method", "GET")];
            let form: Vec<_> = parameters.iter().copied().chain(form).collect();
            return self.post(path, &form).await;
        }
        self.patiently(|| self.http.ask(&url, self.token.expose(), JSON_BYTES_MAX))
            .await
    }

    /// The same, of any shape.
    async fn value(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<Value, MetaError> {
        let body = self.get(path, parameters).await?;
        serde_json::from_slice(&body).map_err(|_| MetaError::NotJson { status: 200 })
    }

    /// Sends a form. Nothing here changes what Meta keeps of an account, so it is tried again like a read.
    async fn post(&self, path: &[&str], form: &[(&str, &str)]) -> Result<Bytes, MetaError> {
        let url = self.url(path, &[])?;
        self.patiently(|| {
            let bearer = Some(self.token.expose());
            self.http.submit(&url, bearer, form, JSON_BYTES_MAX)
        })
        .await
    }

    /// Exchanges until the answer is no passing fault, three times at most.
    async fn patiently<F>(&self, exchange: impl Fn() -> F) -> Result<Bytes, MetaError>
    where
        F: Future<Output = Result<Answer, FetchError>>,
    {
        let mut wait = self.retry_wait;
        for _ in 0..RETRIES {
            match self.settle(exchange().await) {
                Err(error) if error.class() == Class::Transient => tokio::time::sleep(wait).await,
                settled => return settled,
            }
            wait = wait.saturating_mul(2);
        }
        self.settle(exchange().await)
    }

    /// The body of an answer that is no error. Usage headers are read from every answer.
    fn settle(&self, answer: Result<Answer, FetchError>) -> Result<Bytes, MetaError> {
        let settled = answer.map_err(MetaError::from).and_then(|answer| {
            let pressure = Pressure::read(&answer.headers);
            *self.pressure.lock().unwrap_or_else(PoisonError::into_inner) = pressure;
            self.check_version(&answer);
            answer::checked(answer, pressure)
        });
        if settled.as_ref().is_err_and(MetaError::is_throttle) {
            self.throttles.count();
        }
        settled
    }

    /// Where an object or edge is.
    fn address(&self, path: &[&str]) -> Result<Url, MetaError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| MetaError::BadId(self.version.clone()))?
            .pop_if_empty()
            .push(&self.version)
            .extend(path);
        Ok(url)
    }

    fn url(&self, path: &[&str], parameters: &[(&str, &str)]) -> Result<String, MetaError> {
        let mut url = self.address(path)?;
        let proof = self
            .proof
            .as_deref()
            .map(|proof| ("appsecret_proof", proof));
        url.query_pairs_mut()
            .extend_pairs(parameters.iter().copied().chain(proof));
        Ok(url.into())
    }

    /// Meta silently answers in another version once ours has expired.
    fn check_version(&self, answer: &Answer) {
        let Some(answered) = answer
            .headers
            .get("facebook-api-version")
            .and_then(|v| v.to_str().ok())
        else {
            return;
        };
        if self.is_version_checked.swap(true, Ordering::Relaxed) {
            return;
        }
        if answered == self.version {
            tracing::debug!(
                meta.version = answered,
                "Meta answers in the version asked for"
            );
        } else {
            tracing::warn!(
                meta.version = answered,
                asked = self.version,
                "Meta answers in another version"
            );
        }
    }
}

/// Lower-case hexadecimal HMAC-SHA256 of the token, keyed with the app's secret.
///
/// **Source:** Meta, "Securing Graph API calls".
fn appsecret_proof(secret: &Secret, token: &Secret) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(token.expose().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
