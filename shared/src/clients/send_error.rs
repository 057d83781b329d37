//! What can go wrong with a message, named by what happens next; the same for every channel.

use std::time::Duration;

use super::http::{Answer, FetchError};
use crate::telemetry;

/// Longest part of an answer that is repeated, in characters.
const ANSWER_CHARS_SHOWN: usize = 200;

/// How long to wait when a channel asks for it without saying how long.
const PAUSE_DEFAULT: Duration = Duration::from_secs(60);

/// Why a message did not reach its channel.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The channel wants to be left alone for a while.
    #[error("{by} asked us to wait {} s", delay.as_secs())]
    Wait {
        /// Which channel.
        by: &'static str,
        /// For how long.
        delay: Duration,
    },
    /// The message itself is refused; sending it again is no use.
    #[error("{by} refused the message with {status}: {answer}")]
    Refused {
        /// Which channel.
        by: &'static str,
        /// The status code.
        status: u16,
        /// The beginning of the answer.
        answer: String,
    },
    /// Any other answer: a fault of theirs, or a setting of ours that a person can mend.
    #[error("{by} answered {status}: {answer}")]
    Failed {
        /// Which channel.
        by: &'static str,
        /// The status code.
        status: u16,
        /// The beginning of the answer.
        answer: String,
    },
    /// There was no answer. The message may have arrived all the same.
    #[error("sending to {by}")]
    Unreachable {
        /// Which channel.
        by: &'static str,
        /// What happened instead.
        source: FetchError,
    },
}

impl SendError {
    /// Judges an answer that is not a success.
    pub(super) fn of(by: &'static str, answer: &Answer) -> Self {
        let text = telemetry::redact(&String::from_utf8_lossy(&answer.body));
        let (status, shown) = (answer.status, text.chars().take(ANSWER_CHARS_SHOWN));
        let answer_shown = shown.collect();
        match status {
            429 => Self::Wait {
                by,
                delay: retry_after(answer).unwrap_or(PAUSE_DEFAULT),
            },
            400 | 413 | 422 => Self::Refused {
                by,
                status,
                answer: answer_shown,
            },
            _ => Self::Failed {
                by,
                status,
                answer: answer_shown,
            },
        }
    }
}

/// `Retry-After` in seconds; channels send no dates.
fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.headers.get(reqwest::header::RETRY_AFTER)?;
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
