//! Who runs the models, and how often they may be asked.

use sha2::{Digest, Sha256};

use super::words::words;

/// Hexadecimal digits of a key's name, 48 bits: enough to tell a few keys apart, too few to find one.
const DIGITS: usize = 12;

words! {
    /// Who runs a model.
    Provider {
        /// Anthropic.
        Anthropic = "anthropic",
        /// OpenAI.
        OpenAi = "openai",
        /// Google.
        Google = "google",
        /// ElevenLabs.
        ElevenLabs = "elevenlabs",
    }
}

/// A key's name: the first 12 hexadecimal digits of its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The name of this key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let mut digits = hex::encode(Sha256::digest(key));
        digits.truncate(DIGITS);
        Self(digits)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a rate of so many requests a minute is kept: so many may leave at once, and so many more each minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Requests that may leave at once.
    pub burst: u32,
    /// Requests by which that grows again in a minute.
    pub refill_per_minute: u32,
}

impl Bucket {
    /// A tenth of a minute's requests may leave at once, at least one. As many less come back in a minute, so that
    /// in no minute, wherever it begins, more leave than may.
    #[must_use]
    pub fn of(requests_per_minute: u32) -> Self {
        let burst = (requests_per_minute / 10).max(1);
        Self {
            burst,
            refill_per_minute: requests_per_minute.saturating_sub(burst - 1).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_a_few_digits_of_its_digest() {
        // `printf abc | sha256sum`
        assert_eq!(KeyId::of("abc").as_str(), "ba7816bf8f01");
    }

    #[test]
    fn what_leaves_at_once_and_what_comes_back_are_a_minutes_requests() {
        for rate in [1, 9, 10, 60, 1_000, u32::MAX] {
            let bucket = Bucket::of(rate);
            assert!(bucket.burst >= 1 && bucket.refill_per_minute >= 1);
            assert_eq!(bucket.burst - 1 + bucket.refill_per_minute, rate);
        }
        assert_eq!(Bucket::of(9).burst, 1);
        assert_eq!(Bucket::of(1_000).burst, 100);
    }
}
