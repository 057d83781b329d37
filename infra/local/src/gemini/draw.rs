//! Chance that is always the same for the same input: each place of an answer has a number of its own, so that another
//! property in a schema changes no other.

use sha2::{Digest as _, Sha256};

/// Where one is in an answer.
#[derive(Debug, Clone)]
pub(super) struct Draw([u8; 32]);

impl Draw {
    /// For everything that was given.
    pub(super) fn of(parts: impl IntoIterator<Item = String>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        Self(hash.finalize().into())
    }

    /// For a place below this one.
    pub(super) fn at(&self, place: &str) -> Self {
        Self(
            Sha256::new()
                .chain_update(self.0)
                .chain_update(place)
                .finalize()
                .into(),
        )
    }

    /// A number below `end`; 0 when there is none.
    pub(super) fn below(&self, end: u64) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
            .checked_rem(end)
            .unwrap_or(0)
    }

    /// One of them; `None` when there is none.
    pub(super) fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(of.len()).unwrap_or(u64::MAX);
        of.get(usize::try_from(self.below(count)).unwrap_or(0))
    }

    /// Eight hexadecimal digits.
    pub(super) fn word(&self) -> String {
        hex::encode(self.0).chars().take(8).collect()
    }
}
