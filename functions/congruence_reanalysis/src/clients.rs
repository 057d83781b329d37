//! What the function works with.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use shared::{
    clients::{
        gemini::Gemini,
        http::{Http, Limits, UrlGuard},
    },
    config,
    domain::{JobError, provider::KeyId},
    steps::{congruence, questions::Prompt},
    store::Database,
};

/// A wait up to this long is best waited out: another invocation would cost more.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the function reads from the environment.
#[derive(Debug)]
pub struct Settings {
    /// How to reach Gemini, and what it costs.
    pub gemini: config::Gemini,
    /// For how much.
    pub classification: config::Classification,
}

/// The database and Gemini. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    /// The ledger, and what is said of ads and pages.
    pub db: Database,
    /// The models.
    pub gemini: Gemini,
    /// Names, prices and limits.
    pub settings: Arc<Settings>,
    pub(crate) prompt: Arc<Prompt>,
    /// How long a wait may be to be waited out in the invocation.
    pub patience: Duration,
}

impl Clients {
    /// Opens everything; nothing is contacted yet.
    ///
    /// # Errors
    /// When our own files cannot be read; a test reads them.
    pub fn open(db: Database, settings: Settings) -> anyhow::Result<Self> {
        let guard = UrlGuard::for_setting(&settings.gemini.url);
        let http = Http::open(guard, Limits::STANDARD);
        Ok(Self {
            db,
            gemini: Gemini::open(&settings.gemini, &http),
            settings: Arc::new(settings),
            prompt: Arc::new(congruence::prompt().context("reading the prompt")?),
            patience: PATIENCE,
        })
    }

    /// What the key is known by, without saying it.
    pub(crate) fn key(&self) -> Result<KeyId, JobError> {
        let key = self.settings.gemini.api_key.as_ref();
        let key = key.ok_or_else(|| {
            JobError::give_up(
                "GEMINI_API_KEY is not set: create a key in Google AI Studio and set it",
            )
        })?;
        Ok(KeyId::of(key.expose()))
    }
}
