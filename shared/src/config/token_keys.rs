//! The keys that ad accounts' tokens are sealed with.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};

/// Most letters of a key's name: it is kept beside every token.
const ID_LENGTH_MAX: usize = 32;

/// Keys by their names: the first one seals, each opens what it sealed. None of them: no account can
/// have a token of its own.
#[derive(Clone, Debug, Default)]
pub struct TokenKeys(Vec<TokenKey>);

/// A key of AES-256.
#[derive(Clone)]
pub struct TokenKey {
    id: String,
    bytes: [u8; 32],
}

impl TokenKeys {
    /// Reads keys like `2026:base64,2025:base64`.
    ///
    /// # Errors
    /// What is wrong, without anything of a key.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let items = text.split(',').map(str::trim);
        let keys = items.filter(|item| !item.is_empty()).map(TokenKey::parse);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let ids: BTreeSet<_> = keys.iter().map(TokenKey::id).collect();
        if ids.len() < keys.len() {
            return Err("names two keys alike");
        }
        Ok(Self(keys))
    }

    /// The key that seals, `None` when there is none at all.
    #[must_use]
    pub fn sealing(&self) -> Option<&TokenKey> {
        self.0.first()
    }

    /// The key of this name.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&TokenKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl TokenKey {
    fn parse(item: &str) -> Result<Self, &'static str> {
        let (id, key) = item
            .split_once(':')
            .ok_or("is not like id:key; make a key with `openssl rand -base64 32`")?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || id.len() > ID_LENGTH_MAX || !id.bytes().all(is_plain) {
            return Err("has a key without a name of up to 32 letters, digits, - and _");
        }
        let bytes = BASE64_STANDARD.decode(key).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            id: id.to_owned(),
            bytes: bytes.ok_or("has a key that is not 32 bytes in base64")?,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself, for the one place that seals and opens.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        BASE64_STANDARD.encode([byte; 32])
    }

    #[test]
    fn the_first_key_seals_and_every_key_is_found() {
        let keys = TokenKeys::parse(&format!("2026:{}, 2025:{},", key(1), key(2))).unwrap();

        assert_eq!(keys.sealing().unwrap().id(), "2026");
        assert_eq!(keys.named("2025").unwrap().expose(), &[2; 32]);
        assert!(keys.named("2024").is_none());
        assert_eq!(format!("{keys:?}"), "TokenKeys([2026:***, 2025:***])");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let short = BASE64_STANDARD.encode([7; 31]);
        for (text, wanted) in [
            ("c2VjcmV0".to_owned(), "is not like id:key"),
            (format!(":{}", key(7)), "without a name"),
            (format!("a b:{}", key(7)), "without a name"),
            (format!("{}:{}", "a".repeat(33), key(7)), "without a name"),
            (format!("a:{short}"), "not 32 bytes"),
            ("a:%%%".to_owned(), "not 32 bytes"),
            (format!("a:{},a:{}", key(7), key(8)), "two keys alike"),
        ] {
            let error = TokenKeys::parse(&text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        assert!(TokenKeys::parse(" , ").unwrap().sealing().is_none());
    }
}
