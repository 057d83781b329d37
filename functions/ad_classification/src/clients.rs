//! What the function works with.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use aws_config::SdkConfig;
use shared::{
    clients::{
        gemini::Gemini,
        http::{Http, Limits, UrlGuard},
        objects::Objects,
    },
    config,
};

use crate::prompts::Prompts;

/// A wait up to this long is best waited out: another invocation would cost more.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether an uploaded video can be used.
const POLL_EVERY: Duration = Duration::from_secs(3);

/// What the function reads from the environment.
#[derive(Debug)]
pub struct Settings {
    /// How to reach Gemini, and what it costs.
    pub gemini: config::Gemini,
    /// Where media are kept, and where thumbnails come from.
    pub media: config::Media,
    /// How much at once, and for how much.
    pub classification: config::Classification,
}

/// Gemini, the media hosts and the object store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The models.
    pub gemini: Gemini,
    /// The hosts thumbnails are fetched from.
    pub http: Http,
    /// The pages that ads lead to: whatever has a public address.
    pub web: Http,
    /// Where media are kept.
    pub objects: Objects,
    /// Names, prices and limits.
    pub settings: Arc<Settings>,
    pub(crate) prompts: Arc<Prompts>,
    /// How long a wait may be to be waited out in the invocation.
    pub patience: Duration,
    /// How often it is looked whether an uploaded video can be used.
    pub poll_every: Duration,
}

impl Clients {
    /// Opens everything; nothing is contacted yet.
    ///
    /// # Errors
    /// When `MEDIA_HOSTS` or `MEDIA_TRUSTED_ORIGINS` cannot be used.
    pub fn open(aws: &SdkConfig, settings: Settings) -> anyhow::Result<Self> {
        let media = &settings.media;
        let guard = UrlGuard::new(&media.allowed_hosts, &media.trusted_origins)
            .context("reading MEDIA_HOSTS and MEDIA_TRUSTED_ORIGINS")?;
        let http = Http::open(guard, Limits::STANDARD);
        let guard =
            UrlGuard::public(&media.trusted_origins).context("reading MEDIA_TRUSTED_ORIGINS")?;
        Ok(Self {
            gemini: Gemini::open(&settings.gemini, &http),
            web: http.guarded_by(guard),
            http,
            objects: Objects::open(aws, settings.media.bucket.as_str()),
            settings: Arc::new(settings),
            prompts: Arc::new(Prompts::read().context("reading the prompts")?),
            patience: PATIENCE,
            poll_every: POLL_EVERY,
        })
    }
}
