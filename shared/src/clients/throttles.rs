//! How often vendors told us to slow down.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A client's count of it, over all runs of the process. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Throttles(Arc<AtomicU64>);

impl Throttles {
    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were since the client was opened.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
