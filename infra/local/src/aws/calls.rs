//! How often each operation was asked for.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Names counted, so that a caller's inventions cannot fill the memory. EventBridge has 57 operations.
const OPERATIONS_MAX: usize = 100;

#[derive(Default)]
pub(crate) struct Calls(Mutex<BTreeMap<String, u64>>);

impl Calls {
    pub(crate) fn count(&self, operation: &str) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() < OPERATIONS_MAX || calls.contains_key(operation) {
            *calls.entry(operation.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<String, u64> {
        let calls = self.0.lock();
        calls.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
