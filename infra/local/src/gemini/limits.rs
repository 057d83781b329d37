//! How fast it answers, how much it answers, and how much it has answered at the same time.
//!
//! Not imitated: quotas of tokens, quotas per model, the quota of a day but when it is ordered as a fault.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde::Deserialize;
use tokio::time::Instant;

use super::{lock, refusal::Refusal};

/// A quota of requests, as posted to `/_control/rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many questions.
    pub requests: usize,
    /// In so many seconds, counted back from each.
    #[serde(default = "a_minute")]
    pub per_seconds: u32,
}

fn a_minute() -> u32 {
    60
}

/// What is in force, and what counts.
#[derive(Debug, Default)]
pub(super) struct Limits {
    latency: Mutex<Duration>,
    rate: Mutex<Option<Rate>>,
    asked: Mutex<VecDeque<Instant>>,
    at_once: AtomicUsize,
    at_once_max: AtomicUsize,
}

/// A question that is being answered.
pub(super) struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Limits {
    pub(super) fn set_latency(&self, latency: Duration) {
        *lock(&self.latency) = latency;
    }

    pub(super) fn latency(&self) -> Duration {
        *lock(&self.latency)
    }

    /// Puts a quota into force, or lifts it; counting begins anew.
    pub(super) fn set_rate(&self, rate: Option<Rate>) {
        *lock(&self.rate) = rate;
        lock(&self.asked).clear();
    }

    /// Counts a question as being answered, until the place is given up.
    pub(super) fn enter(&self) -> Place<'_> {
        let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
        self.at_once_max.fetch_max(now, Ordering::Relaxed);
        Place(&self.at_once)
    }

    pub(super) fn at_once_max(&self) -> usize {
        self.at_once_max.load(Ordering::Relaxed)
    }

    /// Takes a question from the quota. One that is refused does not count.
    pub(super) fn spend(&self) -> Result<(), Refusal> {
        let Some(rate) = *lock(&self.rate) else {
            return Ok(());
        };
        let (now, window) = (Instant::now(), Duration::from_secs(rate.per_seconds.into()));
        let mut asked = lock(&self.asked);
        while asked.front().is_some_and(|first| *first + window <= now) {
            asked.pop_front();
        }
        if asked.len() < rate.requests {
            asked.push_back(now);
            return Ok(());
        }
        let free = asked.front().map_or(window, |first| *first + window - now);
        let delay = format!("{}s", free.as_secs_f64());
        Err(Refusal::throttled(false, Some(&delay)))
    }
}
