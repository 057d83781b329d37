//! A stand-in for Meta: Graph API and CDN on one loopback port, used when no real token is set.
//!
//! It serves real media files from a folder behind answers of the real shapes, the messy ones
//! included. Every response says what it is in the header `x-sundial-stand-in: meta`. It is
//! deterministic: the same folder gives the same account. Each half lists at the top of its file
//! what it does not imitate (`graph.rs`, `cdn.rs`).

pub mod catalogue;
mod cdn;
mod control;
mod creatives;
pub mod faults;
mod fields;
mod graph;
pub mod media;
mod nodes;
mod refusal;
pub mod token;

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
use url::Url;

use crate::server::Server;
use catalogue::{Catalogue, SampleAd};
use faults::Faults;
use token::Usage;

/// The header by which every answer can be told from Meta's own.
const STAND_IN: HeaderName = HeaderName::from_static("x-sundial-stand-in");

/// The token the local stack uses; any other that does not begin with `EXPIRED` works as well.
pub const TOKEN: &str = "EAAstandin0000000000000000";

/// What all requests share.
#[derive(Debug)]
struct Shared {
    catalogue: Catalogue,
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
        .route("/{version}", get(graph::get_root))
        .route("/{version}/", get(graph::get_root))
        .route("/{version}/{*path}", get(graph::get))
        .layer(axum::middleware::map_response(label))
        .with_state(shared)
}

async fn label(mut response: axum::response::Response) -> axum::response::Response {
    response
        .headers_mut()
        .insert(STAND_IN, HeaderValue::from_static("meta"));
    response
}
