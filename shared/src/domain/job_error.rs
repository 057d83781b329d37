//! Why a run stopped early, named by what happens next.

use std::{error::Error, time::Duration};

/// The cause underneath an error.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// Why a handler stopped early. The whole language between a job and the ledger.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Worth another attempt, with backoff; counts against `max_retries`.
    #[error("{doing}")]
    Retry {
        /// What was being done, as in "copying an asset".
        doing: &'static str,
        /// What went wrong underneath.
        source: Source,
        /// How long the other side asked us to wait; used when longer than our own backoff.
        after: Option<Duration>,
    },

    /// The other side asked us to wait; does not count as an attempt.
    #[error("{by} asked us to wait {} s", delay.as_secs())]
    Snooze {
        /// Who asked, as in "Meta".
        by: &'static str,
        /// For how long.
        delay: Duration,
    },

    /// Will never work as asked; no further attempt.
    #[error("{reason}")]
    GiveUp {
        /// For the person who reads the failed run.
        reason: String,
    },

    /// A person asked the run to stop, and it did at a safe point.
    #[error("stopped on request")]
    Cancelled,

    /// The lease is gone; another worker or the reconciler owns the run. Nothing may be written.
    #[error("the lease of this run is gone")]
    LeaseLost,
}

impl JobError {
    /// Wraps a cause that is worth another attempt: `.map_err(JobError::retry("copying an asset"))`.
    pub fn retry<E: Into<Source>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Retry {
            doing,
            source: source.into(),
            after: None,
        }
    }

    /// Nothing will mend this; `reason` is for the person who reads the failed run.
    #[must_use]
    pub fn give_up(reason: impl Into<String>) -> Self {
        Self::GiveUp {
            reason: reason.into(),
        }
    }

    /// The error and all its causes on one line, as in `copying an asset: 403 from https://…`.
    #[must_use]
    pub fn chain(&self) -> String {
        chain(self)
    }
}

/// An error and all its causes on one line; a cause that the error itself ends with is not repeated.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !line.ends_with(&next) {
            line.push_str(": ");
            line.push_str(&next);
        }
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_names_every_cause() {
        let error = JobError::retry("copying an asset")(std::io::Error::other("403 from the CDN"));

        assert_eq!(error.chain(), "copying an asset: 403 from the CDN");
    }
}
