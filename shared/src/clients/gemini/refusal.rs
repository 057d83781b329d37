//! Error bodies of the Gemini API.
//!
//! **Source:** Gemini API, "Troubleshooting guide"; `google.rpc` error details; for what the documents leave out,
//! issues of Google's client libraries (googleapis/python-genai 1218, google-gemini/gemini-cli 8437).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{GeminiError, error::shown, http::Answer};
use crate::config::Secret;

/// A pause longer than this is none that Google asks for.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Deserialize)]
struct Envelope {
    error: Refusal,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    message: String,
    status: String,
    details: Vec<Value>,
}

/// Sorts an answer that is no success.
pub(super) fn read(answer: &Answer, key: Option<&Secret>) -> GeminiError {
    let refusal = Refusal::of(&answer.body);
    let (status, message) = (answer.status, shown(&refusal.message, key));
    match status {
        429 => GeminiError::Throttled {
            retry_after: refusal.retry_delay().or_else(|| retry_after(answer)),
            is_daily: refusal.is_daily(),
            message,
        },
        408 | 500.. => GeminiError::Unavailable { status, message },
        403 if refusal.is_about_a_file() => GeminiError::NoSuchFile,
        401 | 403 => GeminiError::Denied { status, message },
        400 if refusal.is_about_the_key() => GeminiError::Denied { status, message },
        409 => GeminiError::Taken,
        400..500 => GeminiError::Invalid { status, message },
        _ => GeminiError::Garbled { status },
    }
}

impl Refusal {
    /// What stands in the body, or nothing when it is not Google's.
    fn of(body: &[u8]) -> Self {
        let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
        envelope.map(|it| it.error).unwrap_or_default()
    }

    /// The details of one kind, as in `RetryInfo`.
    fn details<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.details.iter().filter(move |detail| {
            let name = detail.get("@type").and_then(Value::as_str);
            name.is_some_and(|name| name.ends_with(kind))
        })
    }

    fn retry_delay(&self) -> Option<Duration> {
        let mut infos = self.details("google.rpc.RetryInfo");
        seconds(infos.find_map(|info| info.get("retryDelay")?.as_str())?)
    }

    /// Whether one of the quotas passed is a day's, as `GenerateRequestsPerDayPerProjectPerModel-FreeTier` is. The
    /// pause that comes with it is that of the minute.
    fn is_daily(&self) -> bool {
        let failures = self.details("google.rpc.QuotaFailure");
        let mut violations = failures
            .filter_map(|failure| failure.get("violations")?.as_array())
            .flatten();
        violations.any(|violation| {
            let quota = violation.get("quotaId").and_then(Value::as_str);
            quota.is_some_and(|quota| quota.to_ascii_lowercase().contains("perday"))
        })
    }

    /// Google answers a wrong key, and a key of a project that may not be used here, with status 400.
    fn is_about_the_key(&self) -> bool {
        let mut infos = self.details("google.rpc.ErrorInfo");
        let has_reason = infos.any(|info| {
            let reason = info.get("reason").and_then(Value::as_str);
            reason.is_some_and(|reason| reason.starts_with("API_KEY_"))
        });
        let is_refused = self.status == "FAILED_PRECONDITION";
        has_reason || is_refused && (self.says("user location") || self.says("billing"))
    }

    /// A file that does not exist is one that may not be seen.
    fn is_about_a_file(&self) -> bool {
        self.says("access the file") && self.says("may not exist")
    }

    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }
}

/// Seconds as `google.protobuf.Duration` writes them, as in `47s` or `47.9s`.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    let delay = Duration::try_from_secs_f64(seconds).ok()?;
    Some(delay.min(PAUSE_MAX))
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    let header = answer.headers.get("retry-after")?.to_str().ok()?;
    let delay = Duration::from_secs(header.trim().parse().ok()?);
    Some(delay.min(PAUSE_MAX))
}
