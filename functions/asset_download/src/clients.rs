//! What the function works with.

use std::sync::Arc;

use aws_config::SdkConfig;
use shared::{
    clients::{
        http::{BadGuard, Http, Limits, UrlGuard},
        objects::Objects,
    },
    config,
};

/// Meta, the media hosts and the object store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    /// How to reach the Graph API; each account is opened with the token that reads it.
    pub meta: Arc<config::Meta>,
    /// The hosts media are fetched from.
    pub http: Http,
    /// Where media are kept.
    pub objects: Objects,
    /// Sizes and numbers.
    pub media: Arc<config::Media>,
}

impl Clients {
    /// Opens everything; nothing is contacted yet.
    ///
    /// # Errors
    /// [`BadGuard`] when `MEDIA_HOSTS` or `MEDIA_TRUSTED_ORIGINS` cannot be used.
    pub fn open(
        aws: &SdkConfig,
        meta: config::Meta,
        media: config::Media,
    ) -> Result<Self, BadGuard> {
        let guard = UrlGuard::new(&media.allowed_hosts, &media.trusted_origins)?;
        let http = Http::open(guard, Limits::STANDARD);
        Ok(Self {
            meta: Arc::new(meta),
            http,
            objects: Objects::open(aws, media.bucket.as_str()),
            media: Arc::new(media),
        })
    }
}
