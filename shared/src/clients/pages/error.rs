//! Why a page gave no text.

use std::{borrow::Cow, sync::Arc};

use crate::clients::http::FetchError;

/// Why a page gave no text.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Its host asks not to be read there.
    #[error("robots.txt of {origin} asks not to read it")]
    RefusedByRobots {
        /// Whose rules.
        origin: String,
    },
    /// Nobody knows whether its host wants to be read there, so it is not.
    #[error("robots.txt of {origin} cannot be read, so nothing there is")]
    RobotsUnread {
        /// Whose rules.
        origin: String,
        /// Why not.
        source: Arc<FetchError>,
    },
    /// It could not be fetched.
    #[error("fetching it")]
    Fetch(#[from] FetchError),
    /// It is something else than HTML.
    #[error("not HTML: {content_type:?}")]
    NotHtml {
        /// What it is said to be; empty where nothing is said.
        content_type: String,
    },
    /// It has more nodes or is nested deeper than is read.
    #[error("more than {bound}")]
    TooLarge {
        /// The bound, as in "100 levels".
        bound: String,
    },
    /// It took too long.
    #[error("not read in time")]
    TimedOut,
    /// Its HTML could not be made sense of.
    #[error("its HTML cannot be made sense of")]
    Unreadable,
    /// It says nothing, as pages do that are written by scripts.
    #[error("nothing is written there")]
    Empty,
}

impl PageError {
    /// In a word, as in `http_404`.
    #[must_use]
    pub fn kind(&self) -> Cow<'static, str> {
        let word = match self {
            Self::Fetch(FetchError::Status { status, .. }) => {
                return Cow::Owned(format!("http_{status}"));
            }
            Self::Fetch(error) => kind_of(error),
            Self::RobotsUnread { source, .. } => match &**source {
                FetchError::Status { .. } => "refused_by_robots",
                error => kind_of(error),
            },
            Self::RefusedByRobots { .. } => "refused_by_robots",
            Self::NotHtml { .. } => "not_html",
            Self::TooLarge { .. } => "too_large",
            Self::TimedOut => "timed_out",
            Self::Unreadable => "unreadable",
            Self::Empty => "empty",
        };
        Cow::Borrowed(word)
    }

    /// Whether the same page is worth another try soon.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Fetch(error) => may_pass(error),
            Self::RobotsUnread { source, .. } => may_pass(source),
            Self::TimedOut => true,
            Self::RefusedByRobots { .. }
            | Self::NotHtml { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable
            | Self::Empty => false,
        }
    }
}

fn kind_of(error: &FetchError) -> &'static str {
    match error {
        FetchError::Refused(_) => "blocked_address",
        FetchError::TooLarge { .. } => "too_large",
        FetchError::Compressed => "not_html",
        FetchError::TimedOut { .. } | FetchError::DeadlinePassed | FetchError::TooSlow { .. } => {
            "timed_out"
        }
        FetchError::TooManyRedirects(_)
        | FetchError::LostRedirect
        | FetchError::Status { .. }
        | FetchError::LengthMismatch { .. }
        | FetchError::NoClient(_)
        | FetchError::Broken { .. } => "unreachable",
    }
}

fn may_pass(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
        FetchError::TimedOut { .. }
        | FetchError::DeadlinePassed
        | FetchError::TooSlow { .. }
        | FetchError::LengthMismatch { .. }
        | FetchError::NoClient(_)
        | FetchError::Broken { .. } => true,
        FetchError::Refused(_)
        | FetchError::TooManyRedirects(_)
        | FetchError::LostRedirect
        | FetchError::Compressed
        | FetchError::TooLarge { .. } => false,
    }
}
