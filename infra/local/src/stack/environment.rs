//! The environment of the functions, as Terraform sets it on AWS.

use hex::ToHex;
use sha2::{Digest, Sha256};

use super::{ACCOUNT, BUCKET, BUS, GeminiApi, GraphApi, REGION};
use crate::objects;

/// Rules that carry this prefix belong to the reconciler.
pub(super) const RULE_PREFIX: &str = "sundial";

/// What the functions log.
const LOG: &str = "info";

/// Where Meta keeps media.
///
/// **Source:** the hosts of `image_url`, `source` and `picture` in answers of the Marketing API.
const MEDIA_HOSTS: &str = "fbcdn.net,facebook.com,fbsbx.com,cdninstagram.com";

/// The largest picture taken, in bytes: 30 MB is Meta's own limit for ad images.
const IMAGE_BYTES_MAX: u64 = 30_000_000;

/// The largest video taken, in bytes; Meta's limit for ads is 4 GB, ordinary ones stay below 1.
const VIDEO_BYTES_MAX: u64 = 2 << 30;

/// Downloads at a time in one function: enough to fill a line of 1 Gbit/s with small files.
const DOWNLOADS_AT_ONCE: u32 = 8;

/// As in `.env.sample`.
const GEMINI_PRICES: &str = "gemini-flash-latest=1.5/9,gemini-pro-latest=2/12";

/// As in `.env.sample`; the stand-in takes any number.
const GEMINI_REQUESTS_PER_MINUTE: u32 = 60;

/// As in `.env.sample`.
const GEMINI_REQUEST_SECONDS_MAX: u32 = 300;

/// As in `.env.sample`.
const CLASSIFICATIONS_AT_ONCE: u32 = 6;

/// As in `.env.sample`.
const CLASSIFICATION_RUN_USD_MAX: u32 = 20;

/// Calls to our own EventBridge need no pacing; this is the most the setting takes.
const RULE_CALLS_PER_SECOND: u32 = 1000;

/// As in `.env.sample`.
const RETENTION_DAYS: u32 = 90;

/// A stack that runs for trial is asked by tests and benchmarks as fast as they can.
const REQUESTS_PER_MINUTE: u32 = 0;

/// Nobody is told by a stack that runs for trial.
const NOTIFY: [&str; 5] = [
    "SUNDIAL_SLACK_WEBHOOK",
    "SUNDIAL_RESEND_KEY",
    "SUNDIAL_RESEND_URL",
    "SUNDIAL_EMAIL_FROM",
    "SUNDIAL_EMAIL_TO",
];

/// People sign in with the stack's token.
const OIDC: [&str; 6] = [
    "SUNDIAL_OIDC_ISSUER",
    "SUNDIAL_OIDC_JWKS_URL",
    "SUNDIAL_OIDC_AUDIENCE",
    "SUNDIAL_OIDC_ROLE_CLAIM",
    "SUNDIAL_OIDC_ROLES",
    "SUNDIAL_OIDC_ORGANIZATION_CLAIM",
];

/// Where the parts of the stack answer.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// PostgreSQL.
    pub(super) database_url: &'a str,
    /// EventBridge, Scheduler and Lambda.
    pub(super) aws_url: &'a str,
    /// S3.
    pub(super) s3_url: &'a str,
    /// Meta or its stand-in.
    pub(super) graph: &'a GraphApi,
    /// Gemini or its stand-in.
    pub(super) gemini: &'a GeminiApi,
    /// The bearer token for the dispatcher.
    pub(super) api_token: &'a str,
    /// What ad accounts' tokens are sealed with.
    pub(super) token_keys: &'a str,
    /// What webhooks are signed with.
    pub(super) webhook_secret: &'a str,
}

/// Every variable, the same for all functions: each reads those it needs.
pub(super) fn of_functions(places: &Places<'_>) -> Vec<(String, String)> {
    let graph = places.graph;
    [
        ("DATABASE_URL", places.database_url.to_owned()),
        ("DATABASE_POOLING", "session".to_owned()),
        ("SUNDIAL_BUS", BUS.to_owned()),
        ("SUNDIAL_LOG", LOG.to_owned()),
        ("SUNDIAL_RULE_PREFIX", RULE_PREFIX.to_owned()),
        (
            "SUNDIAL_FUNCTION_ARN",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{function}}"),
        ),
        (
            "SUNDIAL_RULE_CALLS_PER_SECOND",
            RULE_CALLS_PER_SECOND.to_string(),
        ),
        ("SUNDIAL_RULES_OWNER", "reconciler".to_owned()),
        ("SUNDIAL_CLOCK", "rules".to_owned()),
        ("SUNDIAL_SCHEDULE_GROUP", RULE_PREFIX.to_owned()),
        (
            "SUNDIAL_SCHEDULER_ROLE_ARN",
            format!("arn:aws:iam::{ACCOUNT}:role/{RULE_PREFIX}-scheduler"),
        ),
        ("SUNDIAL_SCHEDULER_QUEUE_ARN", String::new()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", String::new()),
        ("OTEL_EXPORTER_OTLP_HEADERS", String::new()),
        ("SUNDIAL_RETENTION_DAYS", RETENTION_DAYS.to_string()),
        ("META_GRAPH_URL", graph.url.clone()),
        ("META_API_VERSION", graph.version.clone()),
        ("META_ACCESS_TOKEN", graph.access_token.clone()),
        ("META_APP_ID", graph.app_id.clone().unwrap_or_default()),
        (
            "META_APP_SECRET",
            graph.app_secret.clone().unwrap_or_default(),
        ),
        ("META_TOKEN_KEYS", places.token_keys.to_owned()),
        ("SUNDIAL_WEBHOOK_SECRET", places.webhook_secret.to_owned()),
        ("ASSET_BUCKET", BUCKET.to_owned()),
        ("MEDIA_HOSTS", MEDIA_HOSTS.to_owned()),
        (
            "MEDIA_TRUSTED_ORIGINS",
            graph.trusted_origin.clone().unwrap_or_default(),
        ),
        ("MEDIA_IMAGE_BYTES_MAX", IMAGE_BYTES_MAX.to_string()),
        ("MEDIA_VIDEO_BYTES_MAX", VIDEO_BYTES_MAX.to_string()),
        ("MEDIA_DOWNLOADS_AT_ONCE", DOWNLOADS_AT_ONCE.to_string()),
        ("AWS_ACCESS_KEY_ID", objects::ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", objects::SECRET_KEY.to_owned()),
        ("AWS_ENDPOINT_URL_S3", places.s3_url.to_owned()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", places.aws_url.to_owned()),
        ("AWS_ENDPOINT_URL_SCHEDULER", places.aws_url.to_owned()),
    ]
    .into_iter()
    .chain(of_gemini(places.gemini))
    .chain(NOTIFY.map(|name| (name, String::new())))
    .chain(of_callers(places.api_token))
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Who may call the dispatcher, and how often.
fn of_callers(api_token: &str) -> impl Iterator<Item = (&'static str, String)> {
    [
        (
            "SUNDIAL_API_TOKEN_SHA256",
            Sha256::digest(api_token).encode_hex(),
        ),
        (
            "SUNDIAL_REQUESTS_PER_MINUTE",
            REQUESTS_PER_MINUTE.to_string(),
        ),
        ("SUNDIAL_EMBED_ORIGINS", String::new()),
    ]
    .into_iter()
    .chain(OIDC.map(|name| (name, String::new())))
}

/// Gemini's, and of what asks it, with the models, prices and numbers of `.env.sample`.
fn of_gemini(gemini: &GeminiApi) -> [(&'static str, String); 9] {
    [
        ("GEMINI_URL", gemini.url.clone()),
        ("GEMINI_API_KEY", gemini.api_key.clone()),
        ("GEMINI_MODEL", "gemini-flash-latest".to_owned()),
        ("GEMINI_VIDEO_MODEL", "gemini-pro-latest".to_owned()),
        ("GEMINI_PRICES", GEMINI_PRICES.to_owned()),
        (
            "GEMINI_REQUESTS_PER_MINUTE",
            GEMINI_REQUESTS_PER_MINUTE.to_string(),
        ),
        (
            "GEMINI_REQUEST_SECONDS_MAX",
            GEMINI_REQUEST_SECONDS_MAX.to_string(),
        ),
        (
            "CLASSIFICATION_AT_ONCE",
            CLASSIFICATIONS_AT_ONCE.to_string(),
        ),
        (
            "CLASSIFICATION_RUN_USD_MAX",
            CLASSIFICATION_RUN_USD_MAX.to_string(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_told_where_the_services_are() {
        let environment = of_functions(&Places {
            database_url: "postgres://",
            aws_url: "http://aws",
            s3_url: "http://s3",
            graph: &GraphApi::stand_in("http://meta".to_owned()),
            gemini: &GeminiApi::stand_in("http://gemini".to_owned()),
            api_token: "token",
            token_keys: "",
            webhook_secret: "",
        });

        for (name, url) in [
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://aws"),
            ("AWS_ENDPOINT_URL_SCHEDULER", "http://aws"),
            ("AWS_ENDPOINT_URL_S3", "http://s3"),
            ("GEMINI_URL", "http://gemini"),
            ("GEMINI_API_KEY", "stand-in"),
        ] {
            let variable = (name.to_owned(), url.to_owned());
            assert!(environment.contains(&variable), "{name}");
        }
    }
}
