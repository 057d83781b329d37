//! A stand-in for Meta: Graph API and CDN on one loopback port, used when no real token is set.
//!
//! It serves real media files from a folder behind answers of the real shapes, the messy ones
//! included, and insights of these and of added accounts. Every response says what it is in the
//! header `x-sundial-stand-in: meta`.
//!
//! It is deterministic: the same folder gives the same account, and insights follow from the
//! account's seed, the ad, the day, and how many days ago that was. `control` has the switches by
//! which a test makes it slow, strict, or wrong.
//!
//! What is imitated: objects, lists, filters and pages (`graph`, `object`, `edges`), insights at
//! once and by report (`insights`), batches (`batch`), tokens (`token`, `tokens`, `oauth`), quotas
//! (`quota`), files (`cdn`). Each of these files lists at its top what it does not imitate.

mod accounts;
mod batch;
pub mod catalogue;
mod cdn;
mod control;
mod creatives;
mod edges;
pub mod faults;
mod fields;
mod graph;
mod insights;
mod ledger;
mod limits;
pub mod media;
mod nodes;
mod now;
mod oauth;
mod object;
mod quota;
mod refusal;
mod request;
pub mod token;
mod tokens;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    routing::get,
};
use chrono::{DateTime, Utc};
use url::Url;

use crate::server::Server;
pub use accounts::AccountSpec;
use accounts::Accounts;
use catalogue::{Catalogue, SampleAd};
use faults::Faults;
pub use insights::ReportOrder;
use insights::Reports;
use ledger::Ledger;
pub use ledger::{Seen, Served};
use limits::Limits;
pub use limits::{Poison, Sizes};
use now::Now;
pub use quota::Quota;
use quota::Quotas;
use token::Usage;
pub use tokens::TokenSpec;
use tokens::Tokens;

/// The header by which every answer can be told from Meta's own.
const STAND_IN: HeaderName = HeaderName::from_static("x-sundial-stand-in");

/// The token the local stack uses; any other that does not begin with `EXPIRED` works as well.
pub const TOKEN: &str = "EAAstandin0000000000000000";

/// What all requests share.
#[derive(Debug)]
struct Shared {
    catalogue: Catalogue,
    accounts: Accounts,
    now: Now,
    reports: Reports,
    limits: Limits,
    ledger: Ledger,
    quotas: Quotas,
    tokens: Tokens,
    faults: Faults,
    usage: Mutex<Usage>,
    origin: String,
    cdn: Url,
    /// The only `appsecret_proof` accepted; `None` when the app does not ask for one.
    proof: Option<String>,
}

impl Shared {
    fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_usage(&self, usage: Usage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = usage;
    }
}

/// A running stand-in.
#[derive(Debug)]
pub struct Meta {
    shared: Arc<Shared>,
    server: Server,
}

impl Meta {
    /// Serves the media of `folder`; port 0 takes a free one. With `proof`, calls must carry it as
    /// `appsecret_proof`.
    ///
    /// # Errors
    /// When the folder has no media or the port is taken.
    pub async fn start(folder: &Path, port: u16, proof: Option<String>) -> anyhow::Result<Self> {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("finding the media folder {}", folder.display()))?;
        let catalogue = Catalogue::new(media::scan(&folder)?);
        let server = Server::bind(port).await?;
        let origin = server.url();
        let shared = Arc::new(Shared {
            accounts: Accounts::new(&catalogue),
            now: Now::default(),
            reports: Reports::default(),
            limits: Limits::default(),
            ledger: Ledger::default(),
            quotas: Quotas::default(),
            tokens: Tokens::default(),
            catalogue,
            faults: Faults::default(),
            usage: Mutex::default(),
            cdn: Url::parse(&origin)?,
            origin,
            proof,
        });
        let server = server.serve(router(shared.clone()));
        Ok(Self { shared, server })
    }

    /// Where it answers: the Graph API's base, and the CDN's origin.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The ads of its account.
    #[must_use]
    pub fn samples(&self) -> &[SampleAd] {
        &self.shared.catalogue.samples
    }

    /// Adds an ad account.
    ///
    /// # Errors
    /// When the description is out of bounds, or the id is taken.
    pub fn add_account(&self, spec: AccountSpec) -> anyhow::Result<()> {
        self.shared.accounts.add(spec)
    }

    /// Sets the stand-in's time, which then stands still; `None` goes back to the machine's.
    pub fn set_now(&self, now: Option<DateTime<Utc>>) {
        self.shared.now.set(now);
    }

    /// Orders a failure.
    ///
    /// # Errors
    /// When too many are open.
    pub fn order(&self, fault: faults::Fault) -> anyhow::Result<()> {
        self.shared.faults.order(fault).map_err(anyhow::Error::msg)
    }

    /// Forgets the failures that are still to come.
    pub fn forget_faults(&self) {
        self.shared.faults.clear();
    }

    /// Says how the next reports are to go.
    pub fn order_reports(&self, order: ReportOrder) {
        self.shared.reports.order(order);
    }

    /// Says how much one request may ask for.
    pub fn set_sizes(&self, sizes: Sizes) {
        self.shared.limits.set_sizes(sizes);
    }

    /// Makes a day of an ad impossible to report.
    pub fn poison(&self, poison: Poison) {
        self.shared.limits.poison(poison);
    }

    /// Makes every day of every ad possible to report again.
    pub fn forget_poison(&self) {
        self.shared.limits.cure();
    }

    /// Puts a quota of calls into force; `None` lifts it.
    pub fn set_quota(&self, quota: Option<Quota>) {
        self.shared.quotas.set(quota);
    }

    /// Makes a token known, with what it may read.
    pub fn register_token(&self, token: TokenSpec) {
        self.shared.tokens.register(token, self.shared.now.get());
    }

    /// Makes a token invalid from now on.
    pub fn revoke_token(&self, token: &str) {
        self.shared.tokens.revoke(token, self.shared.now.get());
    }

    /// The requests that came so far, at most the last 100,000.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.ledger.seen()
    }

    /// The pages of insights served so far, at most the last 100,000.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        self.shared.ledger.served()
    }

    /// The SHA-256 and length of a file, by name.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    pub async fn origin_of(&self, name: &str) -> anyhow::Result<([u8; 32], u64)> {
        let (shared, name) = (self.shared.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || {
            let medium = shared.catalogue.medium(&name);
            let medium = medium.with_context(|| format!("there is no medium {name}"))?;
            Ok((medium.sha256()?, medium.bytes))
        })
        .await?
    }

    /// Stops answering.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(control::router())
        .route("/v/t45.1600-4/{name}", get(cdn::file))
        .route("/ads/image/", get(cdn::permalink))
        .fallback(graph::serve)
        .layer(axum::middleware::from_fn_with_state(
            shared.clone(),
            ledger::see,
        ))
        .layer(axum::middleware::map_response(label))
        .with_state(shared)
}

async fn label(mut response: axum::response::Response) -> axum::response::Response {
    response
        .headers_mut()
        .insert(STAND_IN, HeaderValue::from_static("meta"));
    response
}
