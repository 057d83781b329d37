//! What jobs work with that read from Meta and write rows.

use std::{sync::Arc, time::Duration};

use super::insights::PATIENCE;
use crate::{
    clients::http::{Http, Limits, UrlGuard},
    config,
    store::Database,
};

/// The database and the way to Meta. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The ledger, and what is known of ads.
    pub db: Database,
    /// How to reach the Graph API; each account is opened with the token that reads it.
    pub meta: Arc<config::Meta>,
    /// The connections.
    pub http: Http,
    /// How long a wait may be to be waited out in the invocation.
    pub patience: Duration,
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
            patience: PATIENCE,
        }
    }
}
