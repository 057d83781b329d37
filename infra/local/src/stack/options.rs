//! What to start, and how.

use std::path::{Path, PathBuf};

use super::functions;
use crate::{clock::Clock, gemini, meta, postgres::Source};

/// The version of the Graph API asked for.
const GRAPH_VERSION: &str = "v25.0";

/// The ports; 0 takes a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// The dispatcher's function URL.
    pub api: u16,
    /// EventBridge and Lambda.
    pub aws: u16,
    /// S3.
    pub s3: u16,
    /// The stand-in for Meta.
    pub meta: u16,
    /// The stand-in for Gemini.
    pub gemini: u16,
}

/// A Graph API and how to use it.
#[derive(Debug, Clone)]
pub struct GraphApi {
    /// Its base.
    pub url: String,
    /// The version to ask for.
    pub version: String,
    /// The token.
    pub access_token: String,
    /// The app that ad accounts' own tokens are given to.
    pub app_id: Option<String>,
    /// Signs the calls, when the app wants that.
    pub app_secret: Option<String>,
    /// Media may be fetched from here without the rules for the open internet.
    pub trusted_origin: Option<String>,
}

impl GraphApi {
    /// Meta itself.
    #[must_use]
    pub fn real(access_token: String, app_secret: Option<String>) -> Self {
        Self {
            url: "https://graph.facebook.com".to_owned(),
            version: GRAPH_VERSION.to_owned(),
            access_token,
            app_id: None,
            app_secret,
            trusted_origin: None,
        }
    }

    pub(super) fn stand_in(url: String) -> Self {
        Self {
            version: GRAPH_VERSION.to_owned(),
            access_token: meta::TOKEN.to_owned(),
            app_id: None,
            app_secret: None,
            trusted_origin: Some(url.clone()),
            url,
        }
    }
}

/// A Gemini API and how to use it.
#[derive(Debug, Clone)]
pub struct GeminiApi {
    /// Its base.
    pub url: String,
    /// The key.
    pub api_key: String,
}

impl GeminiApi {
    /// Google's own.
    #[must_use]
    pub fn real(api_key: String) -> Self {
        Self {
            url: "https://generativelanguage.googleapis.com".to_owned(),
            api_key,
        }
    }

    pub(super) fn stand_in(url: String) -> Self {
        Self {
            url,
            api_key: gemini::KEY.to_owned(),
        }
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// Where everything is kept.
    pub data: PathBuf,
    /// Where the database comes from.
    pub database: Source,
    /// Where to answer.
    pub ports: Ports,
    /// The media that the stand-in serves.
    pub media: PathBuf,
    /// Meta itself; `None` starts the stand-in.
    pub graph: Option<GraphApi>,
    /// Gemini itself; `None` starts the stand-in.
    pub gemini: Option<GeminiApi>,
    /// The folder of the function binaries.
    pub binaries: PathBuf,
    /// Variables of the functions to set differently.
    pub environment: Vec<(String, String)>,
    /// The time rules fire by.
    pub clock: Clock,
}

impl StackOptions {
    /// A stack with all its data in `data`, on free ports, with the binaries built beside us.
    ///
    /// # Errors
    /// When this program cannot find itself.
    pub fn new(data: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            data: data.to_owned(),
            database: Source::Kept(data.join("postgres")),
            ports: Ports::default(),
            media: default_media(),
            graph: None,
            gemini: None,
            binaries: functions::built_beside_us()?,
            environment: Vec::new(),
            clock: Clock::system(),
        })
    }
}

/// The media that come with the project.
#[must_use]
pub fn default_media() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("media")
}
