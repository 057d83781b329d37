//! How a handler ends when it does not fail.

use serde_json::{Map, Value};

/// What a handler returns when it stops on its own accord.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The work is done, or there truly was none.
    Done(Report),
    /// The deadline is near; the bus brings the run back with this cursor, as its next segment.
    Continue {
        /// Where to go on.
        cursor: Value,
    },
}

/// What was done, for people and for the next job in the chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Figures by name, as in `images_downloaded`; kept in the run's `metadata`.
    pub counts: Map<String, Value>,
    /// What went wrong without making the run a failure; partial success is told here.
    pub warnings: Vec<String>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a figure.
    #[must_use]
    pub fn count(mut self, name: &str, value: u64) -> Self {
        self.counts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a warning.
    #[must_use]
    pub fn warning(mut self, line: impl Into<String>) -> Self {
        self.warnings.push(line.into());
        self
    }
}
