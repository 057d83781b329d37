//! Environment in, types out. The only file that reads the environment, and it reads it once.
//!
//! Every problem is reported, together and on one line. Defaults stand in `infra/aws` and
//! `.env.sample`, not here: a variable is required, or empty means "none".

use std::{fmt, ops::RangeInclusive};

use url::Url;

/// A value that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Everything wrong with the environment.
#[derive(Debug, thiserror::Error)]
#[error("bad environment: {0}")]
pub struct ConfigError(String);

/// Any source of variables.
type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Reads variables and gathers what is wrong with them.
pub struct Environment {
    lookup: Lookup,
    problems: Vec<String>,
}

impl Environment {
    /// The process's own environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    pub fn of_process() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Any source of strings, so that tests never touch the real environment.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self {
            lookup: Box::new(lookup),
            problems: Vec::new(),
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ConfigError`] naming every problem found, when there is one.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError(self.problems.join("; ")))
        }
    }

    /// The variable, or `None` when unset or empty.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The variable; unset is a problem.
    pub fn required(&mut self, name: &str) -> String {
        let value = self.optional(name);
        value.unwrap_or_else(|| self.problem(format!("{name} is not set")))
    }

    /// A whole number within `bounds`.
    pub fn number(&mut self, name: &str, bounds: RangeInclusive<u64>) -> u64 {
        let text = self.required(name);
        if text.is_empty() {
            return 0;
        }
        match text.parse() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let (least, most) = bounds.into_inner();
                self.problem(format!(
                    "{name} is not a whole number from {least} to {most}: {text:?}"
                ))
            }
        }
    }

    /// A comma-separated list; unset means empty.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Records a problem and stands in with an empty value, which nobody sees: `finish` fails.
    fn problem<T: Default>(&mut self, problem: String) -> T {
        self.problems.push(problem);
        T::default()
    }
}

/// What every function needs.
#[derive(Clone, Debug)]
pub struct Core {
    /// `DATABASE_URL`: PostgreSQL 15 or newer.
    pub database_url: Secret,
    /// `SUNDIAL_BUS`: the name of the event bus that carries our events.
    pub bus: String,
}

impl Core {
    /// Reads `DATABASE_URL` and `SUNDIAL_BUS`.
    pub fn read(env: &mut Environment) -> Self {
        Self {
            database_url: Secret::new(env.required("DATABASE_URL")),
            bus: env.required("SUNDIAL_BUS"),
        }
    }
}

/// What the reconciler needs to make rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `SUNDIAL_RULE_PREFIX`: rules whose name starts with this and a hyphen are ours.
    pub prefix: String,
    /// `SUNDIAL_FUNCTION_ARN`: the ARN of a function, with `{function}` for its name.
    pub function_arn: String,
    /// `SUNDIAL_RULE_CALLS_PER_SECOND`: how fast we may call EventBridge. Its quota of about
    /// 50 calls a second is shared by the whole account.
    pub calls_per_second: u64,
}

impl Rules {
    /// Reads `SUNDIAL_RULE_PREFIX`, `SUNDIAL_FUNCTION_ARN` and `SUNDIAL_RULE_CALLS_PER_SECOND`.
    pub fn read(env: &mut Environment) -> Self {
        let rules = Self {
            prefix: env.required("SUNDIAL_RULE_PREFIX"),
            function_arn: env.required("SUNDIAL_FUNCTION_ARN"),
            calls_per_second: env.number("SUNDIAL_RULE_CALLS_PER_SECOND", 1..=1_000),
        };
        if !rules.prefix.is_empty() && !is_prefix(&rules.prefix) {
            env.problem::<()>(format!(
                "SUNDIAL_RULE_PREFIX is not 1 to 20 letters, digits, dots, hyphens or underscores: {:?}",
                rules.prefix
            ));
        }
        if !rules.function_arn.is_empty() && !rules.function_arn.contains("{function}") {
            env.problem::<()>("SUNDIAL_FUNCTION_ARN lacks the placeholder {function}".to_owned());
        }
        rules
    }

    /// The ARN of the function called `name`.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        self.function_arn.replace("{function}", name)
    }
}

/// What the dispatcher needs to know its callers.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    /// `SUNDIAL_API_TOKEN_SHA256`: SHA-256 of each bearer token that may call, in hexadecimal,
    /// separated by commas. Two of them allow a change of token without an outage.
    pub token_digests: Vec<[u8; 32]>,
}

impl Dispatcher {
    /// Reads `SUNDIAL_API_TOKEN_SHA256`.
    pub fn read(env: &mut Environment) -> Self {
        const NAME: &str = "SUNDIAL_API_TOKEN_SHA256";
        env.required(NAME);
        let token_digests = env
            .list(NAME)
            .iter()
            .map(|text| {
                let mut digest = [0; 32];
                match hex::decode_to_slice(text, &mut digest) {
                    Ok(()) => digest,
                    Err(_) => env.problem(format!("{NAME} is not 64 hexadecimal digits")),
                }
            })
            .collect();
        Self { token_digests }
    }
}

/// How to reach Meta's Graph API.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `META_GRAPH_URL`, as in `https://graph.facebook.com`.
    pub graph_url: Url,
    /// `META_API_VERSION`, as in `v25.0`.
    pub api_version: String,
    /// `META_ACCESS_TOKEN`: a system user's token with `ads_read`.
    pub access_token: Secret,
    /// `META_APP_SECRET`: signs every call with `appsecret_proof` when set.
    pub app_secret: Option<Secret>,
}

impl Meta {
    /// Reads `META_GRAPH_URL`, `META_API_VERSION`, `META_ACCESS_TOKEN` and `META_APP_SECRET`.
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
            access_token: Secret::new(env.required("META_ACCESS_TOKEN")),
            app_secret: env.optional("META_APP_SECRET").map(Secret::new),
        }
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

fn read_url(env: &mut Environment, name: &str) -> Url {
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

/// Rule names have 64 characters at most; the job type and the job's id need the rest.
fn is_prefix(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.len() <= 20 && text.bytes().all(is_allowed)
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

    fn environment(pairs: &'static [(&str, &str)]) -> Environment {
        Environment::from_lookup(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut env = environment(&[
            ("SUNDIAL_BUS", "sundial"),
            ("META_GRAPH_URL", "graph"),
            ("META_API_VERSION", "25"),
            ("MEDIA_IMAGE_BYTES_MAX", "ten"),
        ]);
        Core::read(&mut env);
        Meta::read(&mut env);
        Media::read(&mut env);

        let line = env.finish().unwrap_err().to_string();

        assert!(
            line.starts_with("bad environment: DATABASE_URL is not set; "),
            "{line}"
        );
        for problem in [
            "META_GRAPH_URL is not an http(s) address: \"graph\"",
            "META_API_VERSION is not like v25.0: \"25\"",
            "META_ACCESS_TOKEN is not set",
            "ASSET_BUCKET is not set",
            "MEDIA_IMAGE_BYTES_MAX is not a whole number",
        ] {
            assert!(line.contains(problem), "{problem} is missing in: {line}");
        }
    }

    #[test]
    fn a_good_environment_is_read() {
        let digest = "00".repeat(32);
        let mut env = Environment::from_lookup(move |_| Some(digest.clone()));

        assert_eq!(Dispatcher::read(&mut env).token_digests, [[0; 32]]);
        assert!(env.finish().is_ok());
    }

    #[test]
    fn an_empty_token_list_is_a_problem() {
        let mut env = environment(&[("SUNDIAL_API_TOKEN_SHA256", "")]);
        Dispatcher::read(&mut env);

        assert!(env.finish().is_err());
    }

    #[test]
    fn a_rule_prefix_leaves_room_for_the_rest_of_the_name() {
        for (prefix, is_good) in [("sundial", true), ("a/b", false), (LONG, false)] {
            assert_eq!(is_prefix(prefix), is_good, "{prefix}");
        }
    }

    const LONG: &str = "a-prefix-of-more-than-20-characters";

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[test]
    fn the_stand_in_address_parses() {
        assert!(blank_url().has_host());
    }
}
