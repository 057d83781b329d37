//! What can go wrong with Gemini, and what happens next. No message holds the key or an ad's text.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, TimeZone as _, Utc};
use chrono_tz::America::Los_Angeles;

use super::{super::http::FetchError, Usage};
use crate::config::Secret;

/// How long to wait when throttled without being told for how long: the common quotas are per minute.
/// **Source:** Gemini API, "Rate limits".
const PAUSE_DEFAULT: Duration = Duration::from_secs(60);

/// Why Gemini gave nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub enum GeminiError {
    /// It refuses this input, for safety, rights or another reason of its own.
    #[error("Gemini refuses this input ({reason}): look at the ad, asking again changes nothing")]
    Blocked {
        /// In Google's words, as in `SAFETY` or `PROHIBITED_CONTENT`.
        reason: String,
        /// What it took.
        usage: Usage,
    },
    /// The answer is longer than allowed, and so no JSON.
    #[error("Gemini's answer was cut off at the most tokens allowed")]
    Truncated {
        /// What it took.
        usage: Usage,
    },
    /// The answer is empty or not JSON.
    #[error("Gemini's answer is empty or not JSON")]
    Unparseable {
        /// What it took.
        usage: Usage,
    },
    /// The answer is JSON that the schema does not allow.
    #[error("Gemini's answer is not as asked for at {path:?}: {detail}")]
    SchemaMismatch {
        /// Where, as a JSON Pointer.
        path: String,
        /// What the schema says about it; the value itself is not repeated.
        detail: String,
        /// What it took.
        usage: Usage,
    },
    /// Too many requests or tokens.
    #[error("Gemini has had too many requests ({}): {message}", window(*is_daily))]
    Throttled {
        /// How long to wait, when it says so.
        retry_after: Option<Duration>,
        /// The day's quota is used up. It begins anew at midnight in California.
        is_daily: bool,
        /// In Google's words.
        message: String,
    },
    /// It is overloaded or broken for now.
    #[error("Gemini is not available (HTTP {status}): {message}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// In Google's words.
        message: String,
    },
    /// The key is wrong or may not do this.
    #[error(
        "Gemini does not accept GEMINI_API_KEY (HTTP {status}): {message}. Check the key, its project's billing and its region in Google AI Studio"
    )]
    Denied {
        /// The HTTP status.
        status: u16,
        /// In Google's words.
        message: String,
    },
    /// No key is set.
    #[error("GEMINI_API_KEY is not set: create a key in Google AI Studio and set it")]
    NoKey,
    /// The model does not exist, or no longer.
    #[error(
        "Gemini has no model {model:?}: it may have been retired, set another in GEMINI_MODEL or GEMINI_VIDEO_MODEL, with its price in GEMINI_PRICES"
    )]
    NoSuchModel {
        /// As asked for.
        model: String,
    },
    /// The uploaded file does not exist, or no longer: Google keeps files for 48 hours.
    #[error("Gemini does not have the uploaded file: upload it again")]
    NoSuchFile,
    /// The request is wrong: a medium it cannot read, a schema too deep, too many bytes.
    #[error("Gemini cannot work with this request (HTTP {status}): {message}")]
    Invalid {
        /// The HTTP status.
        status: u16,
        /// In Google's words.
        message: String,
    },
    /// The schema of the answer is none.
    #[error("the schema of the answer is not a JSON Schema: {0}")]
    BadSchema(String),
    /// A name that a file cannot have.
    #[error(
        "not the name of a file: {0:?}. It is files/ and 1 to 40 lower-case letters, digits and inner dashes"
    )]
    BadFileName(String),
    /// A file of that name exists; [`super::Gemini::upload`] deals with it.
    #[error("a file of that name has been uploaded before")]
    Taken,
    /// A file of that name had another content or had failed, and was deleted.
    #[error("a useless file had the name {0:?} and was deleted: upload it again")]
    Replaced(String),
    /// What is to be uploaded is longer or shorter than announced.
    #[error("{received} bytes to upload where {expected} were announced")]
    WrongLength {
        /// As announced.
        expected: u64,
        /// As counted so far.
        received: u64,
    },
    /// What is to be uploaded could not be read.
    #[error("reading what is to be uploaded")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is none of the Gemini API, as of a proxy. What it cost is not known.
    #[error("the answer is not like one of the Gemini API (HTTP {status}): check GEMINI_URL")]
    Garbled {
        /// The HTTP status.
        status: u16,
    },
    /// No answer within the time allowed. It may be paid all the same.
    #[error("no answer of Gemini in the time allowed")]
    TimedOut,
    /// No answer could be had.
    #[error("asking Gemini")]
    Network(#[source] FetchError),
}

/// What an error means, named by what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Ask the same again a few times.
    Transient,
    /// Wait as long as [`GeminiError::pause`] says; not the input's fault.
    Throttled,
    /// Stop until the day's quota begins anew, after [`GeminiError::pause`].
    Daily,
    /// Skip this input and keep the reason: asking again changes nothing.
    Input,
    /// This answer is worthless, and paid: ask once more at most.
    Answer,
    /// Upload the file again.
    File,
    /// Stop: key, model or another setting is wrong.
    Config,
}

impl GeminiError {
    /// What happens next.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Blocked { .. } | Self::Truncated { .. } | Self::Invalid { .. } => Class::Input,
            Self::Unparseable { .. } | Self::SchemaMismatch { .. } => Class::Answer,
            Self::Throttled { is_daily: true, .. } => Class::Daily,
            Self::Throttled { .. } => Class::Throttled,
            Self::NoSuchFile | Self::Taken | Self::Replaced(_) => Class::File,
            Self::Denied { .. } | Self::NoKey | Self::NoSuchModel { .. } => Class::Config,
            Self::BadSchema(_) | Self::BadFileName(_) => Class::Config,
            Self::Network(FetchError::Refused(_)) => Class::Config,
            Self::Network(FetchError::TooLarge { .. }) | Self::WrongLength { .. } => Class::Input,
            Self::Unavailable { .. } | Self::Garbled { .. } => Class::Transient,
            Self::TimedOut | Self::Network(_) | Self::Body(_) => Class::Transient,
        }
    }

    /// What the answer took, where there was one. `None` does not mean that nothing was paid: see
    /// [`Self::may_be_paid`].
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Blocked { usage, .. }
            | Self::Truncated { usage }
            | Self::Unparseable { usage }
            | Self::SchemaMismatch { usage, .. } => Some(*usage),
            _ => None,
        }
    }

    /// Whether it may be paid although nobody knows how much: the request may have arrived.
    #[must_use]
    pub fn may_be_paid(&self) -> bool {
        match self {
            Self::Network(FetchError::Refused(_) | FetchError::NoClient(_)) => false,
            Self::Network(FetchError::Broken { source, .. }) => !source.is_connect(),
            Self::TimedOut | Self::Network(_) | Self::Garbled { .. } => true,
            _ => false,
        }
    }

    /// How long to wait before the next request to the same model: as long as Google says, a minute when it says
    /// nothing, and until midnight in California when the day's quota is used up.
    #[must_use]
    pub fn pause(&self, now: DateTime<Utc>) -> Duration {
        match self {
            Self::Throttled { is_daily: true, .. } => until_midnight_in_california(now),
            Self::Throttled { retry_after, .. } => {
                // Google cuts the fraction of a second off.
                retry_after.map_or(PAUSE_DEFAULT, |told| told + Duration::from_secs(1))
            }
            _ => PAUSE_DEFAULT,
        }
    }

    /// A place that does not exist is a model that does not; what is taken is taken for a moment.
    pub(super) fn about_model(self, model: &str) -> Self {
        match self {
            Self::Invalid { status: 404, .. } => Self::NoSuchModel {
                model: model.to_owned(),
            },
            Self::Taken => Self::Unavailable {
                status: 409,
                message: String::new(),
            },
            other => other,
        }
    }
}

fn window(is_daily: bool) -> &'static str {
    match is_daily {
        true => "of a day",
        false => "of a minute",
    }
}

/// **Source:** Gemini API, "Rate limits": requests per day reset at midnight Pacific time.
fn until_midnight_in_california(now: DateTime<Utc>) -> Duration {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let today = now.with_timezone(&Los_Angeles).date_naive();
    let tomorrow = today.checked_add_days(Days::new(1));
    let midnight = tomorrow.map(|day| day.and_time(NaiveTime::MIN));
    let midnight = midnight.and_then(|it| Los_Angeles.from_local_datetime(&it).earliest());
    midnight
        .and_then(|it| (it.to_utc() - now).to_std().ok())
        .unwrap_or(DAY)
}

/// Longest text of the other side that is kept, in characters.
const TEXT_MAX: usize = 200;

/// A text of the other side, cut short, without control characters and without what is or looks like a key:
/// Google quotes it back, as in `Consumer 'api_key:AIza…' has been suspended`.
pub(super) fn shown(text: &str, key: Option<&Secret>) -> String {
    let text = match key {
        Some(key) => text.replace(key.expose(), "***"),
        None => text.to_owned(),
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut kept = String::new();
    for word in text.split_inclusive(|c: char| !is_part(c)) {
        match word.starts_with("AIza") {
            true => kept.push_str("***"),
            false => kept.extend(word.chars().filter(|c| !c.is_control())),
        }
    }
    kept.chars().take(TEXT_MAX).collect()
}
