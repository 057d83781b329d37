//! How much time an invocation has left.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::Clock;

/// Kept back at the end of an invocation, for the slowest single step to end and the answer to
/// leave: a rule is created with three calls.
const RESERVE_MAX: TimeDelta = TimeDelta::seconds(10);

/// At most one part in so many is kept back, so that a short time-out still leaves time to work.
const RESERVE_PART: i32 = 4;

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
        let left = deadline - clock.now();
        Self {
            clock: clock.clone(),
            end: Some(deadline - RESERVE_MAX.min(left / RESERVE_PART)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether work may begin `at` seconds after the start of an invocation of `seconds`.
    fn may_begin(seconds: i64, at: i64) -> bool {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let budget = Budget::until(&clock, clock.now() + TimeDelta::seconds(seconds));
        clock.advance(TimeDelta::seconds(at));
        !budget.is_spent()
    }

    #[test]
    fn work_ends_ten_seconds_before_a_long_deadline() {
        assert!(may_begin(60, 49));
        assert!(!may_begin(60, 50));
    }

    #[test]
    fn a_short_deadline_still_leaves_time_to_work() {
        assert!(may_begin(4, 2));
        assert!(!may_begin(4, 3));
        assert!(!may_begin(0, 0));
    }
}
