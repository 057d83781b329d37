//! The arguments that `dev` and `demo` share.

use std::path::{Path, PathBuf};

use crate::{
    postgres::Source,
    stack::{GeminiApi, GraphApi, Ports, StackOptions, default_media},
};

/// Where the stack keeps its data and answers.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = ".local")]
    pub(super) data: PathBuf,

    /// The media that the stand-in for Meta serves; by default a few that come with the project
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,

    /// Use this database instead of starting one
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Port of the API (the dispatcher); 0 takes a free one
    #[arg(long)]
    api_port: Option<u16>,

    /// Port of EventBridge, Scheduler and Lambda
    #[arg(long)]
    aws_port: Option<u16>,

    /// Port of S3
    #[arg(long)]
    s3_port: Option<u16>,

    /// Port of the stand-in for Meta
    #[arg(long)]
    meta_port: Option<u16>,

    /// Port of the stand-in for Gemini
    #[arg(long)]
    gemini_port: Option<u16>,
}

/// How to reach Meta itself.
#[derive(Debug, clap::Args)]
pub(super) struct MetaArguments {
    /// A real token; without it a stand-in answers for Meta
    #[arg(long, env = "META_ACCESS_TOKEN", hide_env_values = true)]
    meta_access_token: Option<String>,

    /// The app that ad accounts' own tokens are given to
    #[arg(long, env = "META_APP_ID")]
    meta_app_id: Option<String>,

    /// Signs calls to Meta
    #[arg(long, env = "META_APP_SECRET", hide_env_values = true)]
    meta_app_secret: Option<String>,
}

/// How to reach Gemini itself.
#[derive(Debug, clap::Args)]
pub(super) struct GeminiArguments {
    /// A real key; without it a stand-in answers for Gemini
    #[arg(long, env = "GEMINI_API_KEY", hide_env_values = true)]
    gemini_api_key: Option<String>,
}

impl GeminiArguments {
    pub(super) fn api(self) -> Option<GeminiApi> {
        let key = self.gemini_api_key.filter(|key| !key.is_empty())?;
        Some(GeminiApi::real(key))
    }
}

impl MetaArguments {
    pub(super) fn graph(self) -> Option<GraphApi> {
        let token = self.meta_access_token.filter(|token| !token.is_empty())?;
        let secret = self.meta_app_secret.filter(|secret| !secret.is_empty());
        let app_id = self.meta_app_id.filter(|id| !id.is_empty());
        Some(GraphApi {
            app_id,
            ..GraphApi::real(token, secret)
        })
    }
}

impl Arguments {
    /// A stack with its data in `data`, on the ports asked for or else on `ports`.
    pub(super) fn options(self, data: &Path, ports: Ports) -> anyhow::Result<StackOptions> {
        let mut options = StackOptions::new(data)?;
        if let Some(url) = self.database_url.filter(|url| !url.is_empty()) {
            options.database = Source::Given(url);
        }
        options.media = self.media.unwrap_or_else(default_media);
        options.ports = Ports {
            api: self.api_port.unwrap_or(ports.api),
            aws: self.aws_port.unwrap_or(ports.aws),
            s3: self.s3_port.unwrap_or(ports.s3),
            meta: self.meta_port.unwrap_or(ports.meta),
            gemini: self.gemini_port.unwrap_or(ports.gemini),
        };
        Ok(options)
    }
}
