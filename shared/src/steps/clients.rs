//! What jobs work with that read from Meta.

use std::{sync::Arc, time::Duration};

use super::insights::PATIENCE;
use crate::{
    clients::http::{Http, Limits, UrlGuard},
    config,
};

/// The way to Meta. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
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
    pub fn open(meta: config::Meta) -> Self {
        let guard = UrlGuard::for_setting(&meta.graph_url);
        Self {
            meta: Arc::new(meta),
            http: Http::open(guard, Limits::STANDARD),
            patience: PATIENCE,
        }
    }
}
