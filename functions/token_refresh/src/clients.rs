//! What the function works with.

use std::sync::Arc;

use shared::{
    clients::{
        http::{Http, Limits, UrlGuard},
        meta::{App, Meta},
    },
    config::{self, Secret},
    store::Database,
};

/// The database and the way to Meta. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The accounts and their tokens.
    pub db: Database,
    /// How to reach the Graph API, and what tokens are sealed with.
    pub meta: Arc<config::Meta>,
    http: Http,
}

impl Clients {
    /// Opens everything; nothing is contacted yet.
    #[must_use]
    pub fn open(db: Database, meta: config::Meta) -> Self {
        let guard = UrlGuard::for_setting(&meta.graph_url);
        Self {
            db,
            meta: Arc::new(meta),
            http: Http::open(guard, Limits::STANDARD),
        }
    }

    /// The Graph API for one token.
    pub(crate) fn with(&self, token: &Secret) -> Meta {
        Meta::open(&self.meta, token, &self.http)
    }

    /// The app that extends tokens; `None` when it is not configured.
    pub(crate) fn app(&self) -> Option<App> {
        App::of(&self.meta)
    }
}
