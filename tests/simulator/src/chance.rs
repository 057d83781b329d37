//! Every decision of a simulation comes from here, so that a seed is the whole story.

use chrono::TimeDelta;

/// The seeded generator of one simulation.
#[derive(Debug)]
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn hits(&mut self, percent: f64) -> bool {
        self.0.f64() * 100.0 < percent
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn number(&mut self, low: u32, high: u32) -> u32 {
        self.0.u32(low..=high)
    }

    /// A time from `low` to `high` seconds, in milliseconds.
    pub(crate) fn seconds(&mut self, low: i64, high: i64) -> TimeDelta {
        TimeDelta::milliseconds(self.0.i64(low * 1_000..=high * 1_000))
    }

    /// One of the choices; `default` when there are none.
    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T], default: T) -> T {
        match choices.len() {
            0 => default,
            count => choices
                .get(self.0.usize(0..count))
                .cloned()
                .unwrap_or(default),
        }
    }
}
