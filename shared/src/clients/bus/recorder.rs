//! A stand-in for the bus that remembers what it was sent. For tests.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Bus, BusError, BusEvent, Way};

/// What a stand-in bus was sent, and how it shall behave.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    sent: Vec<BusEvent>,
    refuses: Vec<BusEvent>,
    is_down: bool,
}

impl Recorder {
    /// Everything that left so far, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<BusEvent> {
        self.with(|memory| memory.sent.clone())
    }

    /// Forgets what was sent, and returns it.
    pub fn take(&self) -> Vec<BusEvent> {
        self.with(|memory| std::mem::take(&mut memory.sent))
    }

    /// From now on refuses events equal to `event`.
    pub fn refuse(&self, event: BusEvent) {
        self.with(|memory| memory.refuses.push(event));
    }

    /// While down, every call fails as a whole.
    pub fn set_down(&self, is_down: bool) {
        self.with(|memory| memory.is_down = is_down);
    }

    pub(super) fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, BusError> {
        self.with(|memory| {
            if memory.is_down {
                return Err(BusError::Call {
                    bus: "stand-in".to_owned(),
                    count: events.len(),
                    why: "down".to_owned(),
                    source: "the stand-in was told to be down".into(),
                });
            }
            let mut refused = Vec::new();
            for (index, event) in events.iter().enumerate() {
                if memory.refuses.contains(event) {
                    refused.push(index);
                } else {
                    memory.sent.push(event.clone());
                }
            }
            Ok(refused)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Bus {
    /// A bus that goes nowhere, and the memory of what it was sent.
    #[must_use]
    pub fn recorder() -> (Self, Arc<Recorder>) {
        let recorder = Arc::new(Recorder::default());
        (Self(Way::Recorder(Arc::clone(&recorder))), recorder)
    }
}
