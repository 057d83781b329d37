//! The keys that webhooks are signed with.
//!
//! **Source:** Standard Webhooks, "Signature scheme".

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::Environment;

/// What every secret begins with, for those who look for secrets where none belong.
const PREFIX: &str = "whsec_";

/// Bytes of a key.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What webhooks are signed with: with any of these. None of them: webhooks are not taken. Cheap to clone.
#[derive(Clone, Default)]
pub struct WebhookKeys(Arc<[Box<[u8]>]>);

impl WebhookKeys {
    /// Reads `SUNDIAL_WEBHOOK_SECRET`.
    pub(super) fn read(env: &mut Environment) -> Self {
        const NAME: &str = "SUNDIAL_WEBHOOK_SECRET";
        let keys = Self::parse(&env.optional(NAME).unwrap_or_default());
        keys.unwrap_or_else(|problem| env.problem(format!("{NAME} {problem}")))
    }

    /// Reads secrets like `whsec_base64`, with a space between two of them.
    ///
    /// # Errors
    /// What is wrong, without anything of a key.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let keys = text.split_whitespace().map(|secret| {
            let key = secret.strip_prefix(PREFIX);
            let key = key.and_then(|key| BASE64_STANDARD.decode(key).ok());
            let key = key.filter(|key| BYTES.contains(&key.len()));
            key.map(Vec::into_boxed_slice).ok_or(
                "is not like whsec_ and 24 to 64 bytes in base64; make one with `echo whsec_$(openssl rand -base64 32)`",
            )
        });
        keys.collect::<Result<Vec<_>, _>>()
            .map(|keys| Self(keys.into()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys themselves, for the one place that compares signatures.
    pub fn expose(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_are_good_at_the_same_time_and_none_is_printed() {
        let secret = |byte: u8, bytes: usize| {
            let key = BASE64_STANDARD.encode(vec![byte; bytes]);
            format!("whsec_{key}")
        };
        let keys = WebhookKeys::parse(&format!("{}  {}", secret(1, 24), secret(2, 64))).unwrap();
        let exposed: Vec<_> = keys.expose().map(<[u8]>::to_vec).collect();
        assert_eq!(exposed, [vec![1; 24], vec![2; 64]]);
        assert_eq!(format!("{keys:?}"), "***");

        assert!(WebhookKeys::parse(" ").unwrap().is_empty());
        for wrong in [
            secret(1, 23),
            secret(1, 65),
            secret(1, 32).replace("whsec_", ""),
            format!("{} whsec_%%%", secret(1, 32)),
        ] {
            let problem = WebhookKeys::parse(&wrong).unwrap_err();
            assert!(problem.starts_with("is not like whsec_"), "{wrong}");
        }
    }
}
