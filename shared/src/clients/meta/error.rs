//! What Meta's errors mean, by number.

use std::time::Duration;

use serde_json::Value;

use super::super::http::FetchError;

/// How long to wait when throttled without being told for how long: quotas roll within the hour.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5 * 60);

/// Why a read of the Graph API gave nothing. No message holds a token or a URL's query.
#[derive(Debug, thiserror::Error)]
pub enum MetaError {
    /// Meta answered with an error.
    #[error("{0}")]
    Graph(GraphError),
    /// No answer could be had.
    #[error("asking Meta")]
    Fetch(#[from] FetchError),
    /// The answer is not JSON: a proxy's page, an empty body, raw bytes.
    #[error("Meta's answer is not JSON (HTTP {status})")]
    NotJson {
        /// The status that came with it.
        status: u16,
    },
    /// The answer is JSON of another shape. What it holds instead is not repeated.
    #[error("Meta's answer to {what} has another shape than documented")]
    Shape {
        /// What was asked for.
        what: &'static str,
    },
    /// Paging does not end: the cursor repeats or pages exceed the cap.
    #[error("Meta's pages of {what} do not end")]
    EndlessPages {
        /// What was asked for.
        what: &'static str,
    },
    /// An id or hash of ours that must not go into a request.
    #[error("not a Graph id: {0:?}")]
    BadId(String),
}

/// An error object of the Graph API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    /// The number everything is decided by.
    pub code: i64,
    /// The finer number, where there is one.
    pub subcode: Option<i64>,
    /// The HTTP status it came with, which may even be 200.
    pub status: u16,
    /// Meta's own opinion on whether to try again.
    pub is_transient: bool,
    /// For Meta's support.
    pub trace_id: Option<String>,
    /// Meta's words, cut short and without anything that looks like a token.
    pub message: String,
    /// How long to wait before the next call, when throttled and told so.
    pub pause: Option<Duration>,
}

/// What an error means, named by what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try the same again a few times.
    Transient,
    /// Ask for less: a smaller page, a shorter range.
    ReduceData,
    /// Wait for the quota.
    Throttled,
    /// Stop: the token may not do this.
    Permission,
    /// Stop the account and have it reconnected: the token is no longer good.
    Auth,
    /// Stop: version, proof or another setting is wrong.
    Config,
    /// Skip this object: it is gone or not ours to read.
    MissingObject,
    /// Ask for the ids one half at a time to find the bad one.
    Bisect,
    /// Move the start date into the allowed range and ask once more.
    ClampStart,
    /// Leave this step out.
    SkipStep,
    /// Stop for long: the account is blocked for policy.
    Blocked,
    /// Asking again changes nothing.
    Permanent,
}

impl MetaError {
    /// What happens next.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Graph(error) => error.class(),
            Self::Fetch(FetchError::Refused(_)) => Class::Config,
            Self::Fetch(FetchError::TooLarge { .. }) => Class::ReduceData,
            Self::NotJson { status: 429 } => Class::Throttled,
            Self::Fetch(_) | Self::NotJson { .. } => Class::Transient,
            Self::Shape { .. } | Self::EndlessPages { .. } | Self::BadId(_) => Class::Permanent,
        }
    }

    /// Whether Meta asked for fewer calls, in its own words or in HTTP's.
    pub(super) fn is_throttle(&self) -> bool {
        self.class() == Class::Throttled
    }

    /// How long to wait when Meta throttles us: as long as it says, or until its quotas have rolled on.
    #[must_use]
    pub fn pause(&self) -> Duration {
        let said = match self {
            Self::Graph(error) => error.pause,
            _ => None,
        };
        said.unwrap_or(PAUSE_DEFAULT)
    }
}

impl std::fmt::Display for GraphError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meta error {}", self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, "/{subcode}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.trace_id {
            Some(trace) => write!(f, " (trace {trace})"),
            None => Ok(()),
        }
    }
}

impl GraphError {
    /// The first of `fields` that Meta's words name, as when one was retired.
    #[must_use]
    pub fn names<'a>(&self, fields: &'a [String]) -> Option<&'a str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = self.message.split(|c| !is_part(c));
        let field = words.find_map(|word| fields.iter().find(|field| *field == word));
        field.filter(|_| self.code == 100).map(String::as_str)
    }

    /// Sorts the error. Subcodes of 1,504,000 and above are those of insights.
    ///
    /// **Source:** Meta, "Handle errors" and "Marketing API error codes". Texts are localised and only looked at where the number is not enough.
    #[must_use]
    pub fn class(&self) -> Class {
        match (self.code, self.subcode) {
            _ if self.status == 429 => Class::Throttled,
            (1, Some(2_853_001)) | (10, _) => Class::Permission,
            (1, _) if self.says("reduce the amount of data") => Class::ReduceData,
            (100, Some(1_504_018)) | (2, Some(1_504_038)) => Class::ReduceData,
            (2, Some(1_504_041 | 1_504_042)) => Class::Permanent,
            (-2 | 1 | 2 | 960, _) => Class::Transient,
            (4 | 17 | 32 | 341 | 613 | 80_000..=80_009 | 80_014, _) => Class::Throttled,
            (100, Some(33)) => Class::MissingObject,
            (100, Some(1_487_534)) => Class::ReduceData,
            (100, _) if self.says("missing permissions") => Class::Permission,
            (100, _) if self.says("in summary param") => Class::Transient,
            (102 | 190, _) => Class::Auth,
            (104 | 2_635, _) => Class::Config,
            (283, _) => Class::SkipStep,
            (200..=299, _) => Class::Permission,
            (368, _) => Class::Blocked,
            (803, _) => Class::Bisect,
            (3_018, _) => Class::ClampStart,
            _ if self.is_transient || self.status >= 500 => Class::Transient,
            _ => Class::Permanent,
        }
    }

    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }

    /// Reads an error object. Whatever stands there is an error.
    pub(super) fn of(wire: &Value, status: u16) -> Self {
        let text = |name: &str| wire.get(name).and_then(Value::as_str).map(without_tokens);
        Self {
            code: number(wire, "code").unwrap_or(0),
            subcode: number(wire, "error_subcode"),
            status,
            is_transient: wire
                .get("is_transient")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            trace_id: text("fbtrace_id"),
            message: text("message").unwrap_or_default(),
            pause: None,
        }
    }
}

/// A number, also where it comes as text.
fn number(wire: &Value, name: &str) -> Option<i64> {
    let value = wire.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Longest message kept, in characters.
const MESSAGE_MAX: usize = 200;

/// Words longer than this may be secrets: ids have up to 32 digits, traces about 24 characters.
const WORD_MAX: usize = 32;

/// Meta's text without control characters and without words that could be tokens, proofs or signatures.
///
/// Graph tokens start with `EAA`; malformed ones are quoted back in messages.
fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '|' | '%');
    let mut kept = String::new();
    for word in text.split_inclusive(|c: char| !is_part(c)) {
        let core = word.trim_end_matches(|c| !is_part(c));
        let is_secret = core.len() > WORD_MAX || core.starts_with("EAA") || core.contains('|');
        kept.push_str(if is_secret { "***" } else { core });
        kept.extend(
            word.strip_prefix(core)
                .unwrap_or_default()
                .chars()
                .filter(|c| !c.is_control()),
        );
    }
    kept.chars().take(MESSAGE_MAX).collect()
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
