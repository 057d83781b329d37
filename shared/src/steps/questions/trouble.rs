//! Why a question, or the whole run, did not get on.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::{
    clients::gemini::GeminiError,
    domain::{JobError, chain},
    store::usage::Limit,
};

/// Why a call did not give what was asked for, named by what happens next.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Nothing more is done about what was asked in this run.
    #[error("{kind}: {message}")]
    Ad {
        /// In a word, as in `blocked`.
        kind: &'static str,
        /// For people.
        message: String,
    },
    /// It is to be gone on with after this long.
    #[error("to be gone on with after {} s", delay.as_secs())]
    Rest {
        /// After how long.
        delay: Duration,
        /// Whether it was tried; otherwise it only waited for its turn, or for time.
        is_tried: bool,
    },
    /// It would cost more than may be spent.
    #[error("{}", said(*.by, *.left))]
    Spent {
        /// By which limit.
        by: Limit,
        /// What is left, in US dollars.
        left: Decimal,
    },
    /// The run cannot go on.
    #[error(transparent)]
    Run(#[from] JobError),
}

impl Trouble {
    /// Whether it has nothing to do with what was asked, so that another run may ask the same.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Ad {
                kind: "unavailable" | "timed_out" | "throttled",
                ..
            }
        )
    }

    /// Why the model refuses what it was asked; `None` where it does not. Asking the same again would change nothing.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Ad {
                kind: "blocked",
                message,
            } => Some(message),
            _ => None,
        }
    }

    /// It has to wait for others.
    #[must_use]
    pub fn not_now(delay: Duration) -> Self {
        Self::Rest {
            delay,
            is_tried: false,
        }
    }
}

fn said(by: Limit, left: Decimal) -> String {
    match by {
        Limit::Run => format!(
            "the run may spend no more: {left} US dollars are left of CLASSIFICATION_RUN_USD_MAX"
        ),
        Limit::Month => format!(
            "the organization may spend no more this month: {left} US dollars are left of its limit monthly_cost"
        ),
    }
}

/// It is given up because of an error.
#[must_use]
pub fn given_up(error: &GeminiError) -> Trouble {
    Trouble::Ad {
        kind: kind(error),
        message: chain(error),
    }
}

/// An error in a word.
#[must_use]
pub fn kind(error: &GeminiError) -> &'static str {
    match error {
        GeminiError::Blocked { .. } => "blocked",
        GeminiError::Truncated { .. } => "truncated",
        GeminiError::Unparseable { .. } => "unparseable",
        GeminiError::SchemaMismatch { .. } => "schema_mismatch",
        GeminiError::Invalid { .. } => "refused_request",
        GeminiError::Throttled { .. } => "throttled",
        GeminiError::TimedOut => "timed_out",
        GeminiError::NoSuchFile | GeminiError::Taken | GeminiError::Replaced(_) => "file_gone",
        GeminiError::WrongLength { .. } | GeminiError::Body(_) => "storage",
        GeminiError::Denied { .. }
        | GeminiError::NoKey
        | GeminiError::NoSuchModel { .. }
        | GeminiError::BadSchema(_)
        | GeminiError::BadFileName(_) => "settings",
        GeminiError::Unavailable { .. } | GeminiError::Garbled { .. } | GeminiError::Network(_) => {
            "unavailable"
        }
    }
}
