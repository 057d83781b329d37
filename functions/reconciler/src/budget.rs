//! How much time an invocation has left.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::Clock;

/// Kept back at the end of an invocation, for the slowest single step to end and the answer to
/// leave: a rule is created with three calls.
const RESERVE: TimeDelta = TimeDelta::seconds(10);

/// The time in which work may begin.
#[derive(Clone, Debug)]
pub struct Budget {
    clock: Clock,
    end: Option<DateTime<Utc>>,
}

impl Budget {
    /// Until shortly before `deadline`, when Lambda stops the function.
    #[must_use]
    pub fn until(clock: &Clock, deadline: DateTime<Utc>) -> Self {
        Self {
            clock: clock.clone(),
            end: Some(deadline - RESERVE),
        }
    }

    /// As long as it takes, for a person who waits.
    #[must_use]
    pub fn unlimited(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            end: None,
        }
    }

    /// Whether no further work may begin.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.end.is_some_and(|end| self.clock.now() >= end)
    }
}
