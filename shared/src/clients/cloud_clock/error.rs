//! What can go wrong with a rule, and whether waiting helps.

use std::error::Error;

use aws_sdk_eventbridge::error::ProvideErrorMetadata;

/// What the SDKs say.
type Cause = Box<dyn Error + Send + Sync>;

/// Codes that pass by themselves. **Source:** API references of EventBridge and Scheduler, common errors.
const PASSING: [&str; 6] = [
    "ConcurrentModificationException",
    "InternalException",
    "InternalFailure",
    "InternalServerException",
    "ServiceUnavailable",
    "ThrottlingException",
];

/// Why a rule is not as it shall be, or cannot be seen.
#[derive(Debug, thiserror::Error)]
pub enum CloudClockError {
    /// The call failed, after the SDK's own retries.
    #[error("{doing} {name}: {why}{}", advice(code.as_deref()))]
    Call {
        /// As in "creating".
        doing: &'static str,
        /// The rule, or what was listed by.
        name: String,
        /// AWS's error code; `None` when there was no usable answer.
        code: Option<String>,
        /// Code and message in one line.
        why: String,
        /// What the SDK says.
        #[source]
        source: Cause,
    },
    /// HTTP said yes, an entry of the answer says no.
    #[error("{doing} {name}: {failed} entries failed, the first with {code}: {message}")]
    Entries {
        /// As in "setting the target of".
        doing: &'static str,
        /// The rule.
        name: String,
        /// How many.
        failed: i32,
        /// The first one's code.
        code: String,
        /// The first one's message.
        message: String,
    },
    /// The listing does not end.
    #[error("{doing} {name}: still no end after {pages} pages")]
    Endless {
        /// As in "listing".
        doing: &'static str,
        /// What was listed by.
        name: String,
        /// Pages read.
        pages: usize,
    },
    /// The rule has a part that AWS's own types refuse.
    #[error("{doing} {name}: incomplete request")]
    Request {
        /// As in "setting the target of".
        doing: &'static str,
        /// The rule.
        name: String,
        /// What is missing.
        #[source]
        source: Cause,
    },
}

impl CloudClockError {
    /// Whether the rule does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code() == Some("ResourceNotFoundException")
    }

    /// Whether the service holds as many rules as it may.
    #[must_use]
    pub fn is_over_quota(&self) -> bool {
        matches!(
            self.code(),
            Some("LimitExceededException" | "ServiceQuotaExceededException")
        )
    }

    /// Whether a rule of this name exists already.
    pub(super) fn is_conflict(&self) -> bool {
        self.code() == Some("ConflictException")
    }

    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Call { code: None, .. } => true,
            _ => self.code().is_some_and(|code| PASSING.contains(&code)),
        }
    }

    fn code(&self) -> Option<&str> {
        match self {
            Self::Call { code, .. } => code.as_deref(),
            Self::Entries { code, .. } => Some(code),
            Self::Endless { .. } | Self::Request { .. } => None,
        }
    }

    pub(super) fn build(doing: &'static str, name: &str, source: impl Into<Cause>) -> Self {
        Self::Request {
            doing,
            name: name.to_owned(),
            source: source.into(),
        }
    }

    pub(super) fn endless(doing: &'static str, name: &str) -> Self {
        Self::Endless {
            doing,
            name: name.to_owned(),
            pages: super::PAGES_MAX,
        }
    }
}

/// What a person can do about a code.
fn advice(code: Option<&str>) -> &'static str {
    match code {
        Some("LimitExceededException") => {
            "; archive schedules, ask AWS for more rules per event bus, or move to Scheduler (schedules migrate-clock)"
        }
        Some("ServiceQuotaExceededException") => {
            "; archive schedules, or ask AWS for more schedules per region"
        }
        Some("AccessDeniedException") => {
            "; the role needs the rights on the clock that infra/aws/rights.tf lists"
        }
        _ => "",
    }
}

/// Turns the SDK's answer to a call about the rule `name` into ours.
pub(super) fn called<T, E>(
    doing: &'static str,
    name: &str,
    answer: Result<T, E>,
) -> Result<T, CloudClockError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    answer.map_err(|error| CloudClockError::Call {
        doing,
        name: name.to_owned(),
        code: error.code().map(str::to_owned),
        why: crate::clients::bus::why(&error),
        source: error.into(),
    })
}

/// Fails when an answer reports failed entries; `first` is the first one's code and message.
pub(super) fn all_entries(
    doing: &'static str,
    name: &str,
    failed: i32,
    first: Option<(Option<&str>, Option<&str>)>,
) -> Result<(), CloudClockError> {
    if failed == 0 && first.is_none() {
        return Ok(());
    }
    let (code, message) = first.unwrap_or_default();
    Err(CloudClockError::Entries {
        doing,
        name: name.to_owned(),
        failed,
        code: code.unwrap_or("no code").to_owned(),
        message: message.unwrap_or("no message").to_owned(),
    })
}
