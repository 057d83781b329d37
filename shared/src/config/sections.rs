//! What some functions read from the environment besides.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use url::Url;

use super::{Environment, Secret, TokenKeys};

/// Where notifications go. Nothing set: they stay rows.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// `SUNDIAL_SLACK_WEBHOOK`: the address of an incoming webhook, a secret.
    pub slack_webhook: Option<Secret>,
    /// E-mail through Resend.
    pub email: Option<Email>,
}

/// How e-mail leaves.
#[derive(Clone, Debug)]
pub struct Email {
    /// `SUNDIAL_RESEND_URL`, as in `https://api.resend.com`.
    pub url: Url,
    /// `SUNDIAL_RESEND_KEY`: an API key that may send.
    pub key: Secret,
    /// `SUNDIAL_EMAIL_FROM`: a sender of a verified domain, as in `Sundial <sundial@example.com>`.
    pub from: String,
    /// `SUNDIAL_EMAIL_TO`: up to 50 recipients.
    pub to: Vec<String>,
}

impl Notify {
    /// Reads `SUNDIAL_SLACK_WEBHOOK`, `SUNDIAL_RESEND_URL`, `SUNDIAL_RESEND_KEY`,
    /// `SUNDIAL_EMAIL_FROM` and `SUNDIAL_EMAIL_TO`. With a key, the other three are required.
    pub fn read(env: &mut Environment) -> Self {
        const WEBHOOK: &str = "SUNDIAL_SLACK_WEBHOOK";
        let slack_webhook = env.optional(WEBHOOK);
        let is_address = |text: &String| Url::parse(text).is_ok_and(|url| url.has_host());
        if slack_webhook.as_ref().is_some_and(|text| !is_address(text)) {
            env.problem::<()>(format!("{WEBHOOK} is not an address"));
        }
        Self {
            slack_webhook: slack_webhook.map(Secret::new),
            email: env.optional("SUNDIAL_RESEND_KEY").map(|key| Email {
                url: read_url(env, "SUNDIAL_RESEND_URL"),
                key: Secret::new(key),
                from: env.required("SUNDIAL_EMAIL_FROM"),
                to: read_recipients(env),
            }),
        }
    }
}

fn read_recipients(env: &mut Environment) -> Vec<String> {
    /// **Source:** Resend API reference, "Send email".
    const RECIPIENTS_MAX: usize = 50;
    const NAME: &str = "SUNDIAL_EMAIL_TO";
    env.required(NAME);
    let to = env.list(NAME);
    if to.len() > RECIPIENTS_MAX {
        env.problem::<()>(format!("{NAME} has more than {RECIPIENTS_MAX} recipients"));
    }
    to
}

/// How long the ledger keeps what has ended.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// `SUNDIAL_RETENTION_DAYS`: runs and logs that ended earlier are deleted, but for dead
    /// letters and the newest run of each job, and members who came last before. 1 day to 10 years.
    pub keep: TimeDelta,
}

impl Retention {
    /// Reads `SUNDIAL_RETENTION_DAYS`.
    pub fn read(env: &mut Environment) -> Self {
        let days = env.number("SUNDIAL_RETENTION_DAYS", 1..=3_650);
        Self {
            keep: TimeDelta::days(i64::try_from(days).unwrap_or_default()),
        }
    }
}

/// How much `ad_classification` does at once, and for how much.
#[derive(Clone, Debug)]
pub struct Classification {
    /// `CLASSIFICATION_AT_ONCE`: ads looked at at the same time in one function, 1 to 16.
    pub at_once: usize,
    /// `CLASSIFICATION_RUN_USD_MAX`: what a run may spend, in whole US dollars, 1 to 10,000.
    pub run_usd_max: Decimal,
}

impl Classification {
    /// Reads `CLASSIFICATION_AT_ONCE` and `CLASSIFICATION_RUN_USD_MAX`.
    pub fn read(env: &mut Environment) -> Self {
        let at_once = env.number("CLASSIFICATION_AT_ONCE", 1..=16);
        Self {
            at_once: usize::try_from(at_once).unwrap_or(1),
            run_usd_max: env.number("CLASSIFICATION_RUN_USD_MAX", 1..=10_000).into(),
        }
    }
}

/// How to reach Meta's Graph API.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `META_GRAPH_URL`, as in `https://graph.facebook.com`.
    pub graph_url: Url,
    /// `META_API_VERSION`, as in `v25.0`.
    pub api_version: String,
    /// `META_ACCESS_TOKEN`: a system user's token with `ads_read`, for every account that has none of
    /// its own. `None`: only accounts with their own token can be read.
    pub access_token: Option<Secret>,
    /// `META_APP_ID`: the app that tokens were given to. Without it, and its secret, tokens can
    /// neither be extended nor looked into.
    pub app_id: Option<String>,
    /// `META_APP_SECRET`: signs every call with `appsecret_proof` when set.
    pub app_secret: Option<Secret>,
    /// `META_TOKEN_KEYS`: what accounts' own tokens are sealed with.
    pub token_keys: TokenKeys,
}

impl Meta {
    /// Reads `META_GRAPH_URL`, `META_API_VERSION`, `META_ACCESS_TOKEN`, `META_APP_ID`,
    /// `META_APP_SECRET` and `META_TOKEN_KEYS`.
    pub fn read(env: &mut Environment) -> Self {
        let graph_url = read_url(env, "META_GRAPH_URL");
        let api_version = env.required("META_API_VERSION");
        if !api_version.is_empty() && !is_version(&api_version) {
            env.problem::<()>(format!(
                "META_API_VERSION is not like v25.0: {api_version:?}"
            ));
        }
        Self {
            graph_url,
            api_version,
            access_token: env.optional("META_ACCESS_TOKEN").map(Secret::new),
            app_id: read_app_id(env),
            app_secret: env.optional("META_APP_SECRET").map(Secret::new),
            token_keys: read_token_keys(env),
        }
    }
}

#[cfg(any(test, feature = "testing"))]
impl Meta {
    /// The Graph API at `graph_url`, with no token, app or key.
    #[must_use]
    pub fn at(graph_url: Url) -> Self {
        Self {
            graph_url,
            api_version: "v25.0".to_owned(),
            access_token: None,
            app_id: None,
            app_secret: None,
            token_keys: TokenKeys::default(),
        }
    }

    /// No Graph API anywhere.
    #[must_use]
    pub fn nowhere() -> Self {
        Self::at(blank_url())
    }
}

fn read_app_id(env: &mut Environment) -> Option<String> {
    const NAME: &str = "META_APP_ID";
    let id = env.optional(NAME)?;
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        env.problem::<()>(format!("{NAME} is not a number: {id:?}"));
    }
    Some(id)
}

fn read_token_keys(env: &mut Environment) -> TokenKeys {
    const NAME: &str = "META_TOKEN_KEYS";
    let text = env.optional(NAME).unwrap_or_default();
    match TokenKeys::parse(&text) {
        Ok(keys) => keys,
        // What stands there is a secret.
        Err(error) => env.problem(format!("{NAME} {error}")),
    }
}

/// Where media come from and go to, and how big they may be.
#[derive(Clone, Debug)]
pub struct Media {
    /// `ASSET_BUCKET`: the S3 bucket that keeps the media.
    pub bucket: String,
    /// `MEDIA_HOSTS`: domains, subdomains included, that media may be fetched from.
    pub allowed_hosts: Vec<String>,
    /// `MEDIA_TRUSTED_ORIGINS`: exact origins such as `http://127.0.0.1:9000` that are fetched
    /// from without the rules for the open internet. Empty in production.
    pub trusted_origins: Vec<String>,
    /// `MEDIA_IMAGE_BYTES_MAX`: larger images are refused.
    pub image_bytes_max: u64,
    /// `MEDIA_VIDEO_BYTES_MAX`: larger videos are refused.
    pub video_bytes_max: u64,
    /// `MEDIA_DOWNLOADS_AT_ONCE`: copies in flight in one function instance.
    pub downloads_at_once: usize,
}

impl Media {
    /// Reads `ASSET_BUCKET` and the `MEDIA_…` variables.
    pub fn read(env: &mut Environment) -> Self {
        /// S3 keeps objects of up to 5 TiB.
        const OBJECT_BYTES_MAX: u64 = 5 << 40;
        Self {
            bucket: env.required("ASSET_BUCKET"),
            allowed_hosts: env.list("MEDIA_HOSTS"),
            trusted_origins: env.list("MEDIA_TRUSTED_ORIGINS"),
            image_bytes_max: env.number("MEDIA_IMAGE_BYTES_MAX", 1..=OBJECT_BYTES_MAX),
            video_bytes_max: env.number("MEDIA_VIDEO_BYTES_MAX", 1..=OBJECT_BYTES_MAX),
            downloads_at_once: usize::try_from(env.number("MEDIA_DOWNLOADS_AT_ONCE", 1..=64))
                .unwrap_or(1),
        }
    }
}

pub(super) fn read_url(env: &mut Environment, name: &str) -> Url {
    let text = env.required(name);
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
        result => {
            if !text.is_empty() {
                env.problem::<()>(format!("{name} is not an http(s) address: {text:?}"));
            }
            result.unwrap_or_else(|_| blank_url())
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant, parsed by a test")]
fn blank_url() -> Url {
    Url::parse("http://invalid.").expect("a constant")
}

fn is_version(text: &str) -> bool {
    let Some((major, minor)) = text.strip_prefix('v').and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    [major, minor]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_address_parses() {
        assert!(blank_url().has_host());
    }
}
