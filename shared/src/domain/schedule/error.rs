//! Why a schedule was refused: which field, where in the text, and what is allowed there.

/// A schedule that cannot be saved. The text is one sentence for the person who typed it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The expression is not in the dialect.
    #[error("{field}, at byte {position}: {problem}; allowed: {allowed}")]
    Expression {
        /// "minute", "hour", "day of month", "month", "day of week", or "expression" for the whole.
        field: &'static str,
        /// Byte offset into the expression as given, from 0.
        position: usize,
        /// What is wrong there.
        problem: String,
        /// What could stand there instead.
        allowed: &'static str,
    },

    /// The time zone is not in the IANA database.
    #[error(
        "timezone: `{zone}` is not an IANA time zone; allowed: names such as `America/Los_Angeles` or `UTC`"
    )]
    UnknownZone {
        /// The name as given, cut to a readable length.
        zone: String,
    },

    /// The calendar library refused what the dialect allowed: a fault of this program.
    #[error("expression: evaluating its normal form `{normal_form}`")]
    Calendar {
        /// What the library was given.
        normal_form: String,
        /// What it said.
        #[source]
        source: cron::error::Error,
    },
}

impl ScheduleError {
    /// The part of the schedule that is wrong: a cron field, "expression" or "timezone".
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Expression { field, .. } => field,
            Self::UnknownZone { .. } => "timezone",
            Self::Calendar { .. } => "expression",
        }
    }

    /// Byte offset into the expression; `None` when the expression is not what is wrong.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Expression { position, .. } => Some(*position),
            Self::UnknownZone { .. } | Self::Calendar { .. } => None,
        }
    }
}
