//! The one door through which time enters, so that a simulator can own it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Tells the time, in microseconds, which is what Postgres keeps.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The time of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until [`Clock::set`] moves it. Clones share the hands.
    #[must_use]
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(now))))
    }

    /// The present moment, cut to microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            Source::System => system_now(),
            Source::Manual(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.duration_trunc(TimeDelta::microseconds(1))
            .unwrap_or(now)
    }

    /// Moves the hands of a manual clock; the system's clock is not ours to set.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Manual(time) = &self.0 {
            *time.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves the hands of a manual clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.set(self.now() + by);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_share_the_hands() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let other = clock.clone();

        clock.advance(TimeDelta::minutes(5));

        assert_eq!(other.now(), DateTime::UNIX_EPOCH + TimeDelta::minutes(5));
    }

    #[test]
    fn time_is_cut_to_what_postgres_keeps() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::nanoseconds(1_999));

        assert_eq!(
            clock.now(),
            DateTime::UNIX_EPOCH + TimeDelta::microseconds(1)
        );
    }
}
