//! The time by which the local cloud lives: the system's, or one that a test moves by hand.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// The end of a wait is slept on a thread of its own: the runtime's timer counts in whole
/// milliseconds, a sleeping thread wakes within about 0.1 ms.
const LAST_STRETCH: Duration = Duration::from_millis(5);

/// Longest single nap, so that a changed system clock or a suspended laptop is noticed.
const NAP_MAX: Duration = Duration::from_secs(1);

/// Tells the time and waits for a moment. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Manual(watch::Sender<DateTime<Utc>>),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands at `start` until [`Clock::set`] moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Kind::Manual(watch::Sender::new(start)))
    }

    /// Moves a manual clock and wakes whoever waits for a moment up to `now`.
    /// The system's clock is left alone.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Kind::Manual(time) = &self.0 {
            time.send_replace(now);
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::System => system_now(),
            Kind::Manual(time) => *time.borrow(),
        }
    }

    /// Returns at `moment`, never before it; at once when it has passed.
    pub async fn sleep_until(&self, moment: DateTime<Utc>) {
        match &self.0 {
            Kind::System => sleep_until_system(moment).await,
            Kind::Manual(time) => {
                let mut time = time.subscribe();
                // The sender lives in `self`, so the wait cannot end early.
                let _ = time.wait_for(|now| *now >= moment).await;
            }
        }
    }
}

async fn sleep_until_system(moment: DateTime<Utc>) {
    while let Ok(left) = (moment - system_now()).to_std() {
        if left.is_zero() {
            return;
        }
        if left > LAST_STRETCH {
            tokio::time::sleep((left - LAST_STRETCH).min(NAP_MAX)).await;
        } else if tokio::task::spawn_blocking(move || std::thread::sleep(left))
            .await
            .is_err()
        {
            // The runtime is shutting down.
            return;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the local cloud reads the time"
)]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_clock_wakes_at_the_moment_and_not_before() {
        let clock = Clock::system();
        let moment = clock.now() + chrono::TimeDelta::milliseconds(12);

        clock.sleep_until(moment).await;

        assert!(clock.now() >= moment, "woke early");
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_only_when_it_is_moved_far_enough() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        let moment = DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(1);
        let mut wait = Box::pin(clock.sleep_until(moment));

        clock.set(moment - chrono::TimeDelta::seconds(1));
        assert!(futures_util::poll!(&mut wait).is_pending(), "woke early");

        clock.set(moment);
        wait.await;
        assert_eq!(clock.now(), moment);
    }
}
