//! One call after the other, never faster than agreed.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Hands out turns, `interval` apart. The first is free.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: Mutex::new(None),
        }
    }

    /// Waits for the caller's turn. Turns are taken in the order they were asked for.
    pub(super) async fn turn(&self) {
        let mut next = self.next.lock().await;
        if let Some(instant) = *next {
            sleep_until(instant).await;
        }
        *next = Some(Instant::now() + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_an_interval_apart_and_the_first_is_free() {
        let pace = Pace::new(Duration::from_millis(20));
        let start = Instant::now();
        pace.turn().await;
        assert!(
            start.elapsed() < Duration::from_millis(20),
            "the first is free"
        );
        pace.turn().await;
        pace.turn().await;
        assert!(
            start.elapsed() >= Duration::from_millis(40),
            "two more take two intervals"
        );
    }
}
