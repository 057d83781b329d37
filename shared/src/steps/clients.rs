//! What jobs work with that read from Meta and write rows.

use std::{sync::Arc, time::Duration};

use super::insights::PATIENCE;
use crate::{
    clients::http::{BadGuard, Http, Limits, UrlGuard},
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
    ///
    /// # Errors
    /// [`BadGuard`] never: the Graph API's address is its own guard.
    pub fn open(db: Database, meta: config::Meta) -> Result<Self, BadGuard> {
        let http = Http::open(UrlGuard::new(&[], &[])?, Limits::STANDARD);
        Ok(Self {
            db,
            meta: Arc::new(meta),
            http,
            patience: PATIENCE,
        })
    }
}
