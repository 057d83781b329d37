//! What the function works with.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use shared::{
    clients::{
        gemini::Gemini,
        http::{Http, Limits, UrlGuard},
    },
    config,
    steps::{congruence, questions::Prompt},
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

/// The models, by Gemini. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
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
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let guard = UrlGuard::for_setting(&settings.gemini.url);
        let http = Http::open(guard, Limits::STANDARD);
        Ok(Self {
            gemini: Gemini::open(&settings.gemini, &http),
            settings: Arc::new(settings),
            prompt: Arc::new(congruence::prompt().context("reading the prompt")?),
            patience: PATIENCE,
        })
    }
}
