//! Secrets of a data folder, made when it is first used.

use std::path::Path;

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A secret of this data folder, made at first use.
pub(super) fn kept(path: &Path, make: impl FnOnce() -> String) -> anyhow::Result<String> {
    if let Ok(secret) = std::fs::read_to_string(path)
        && !secret.trim().is_empty()
    {
        return Ok(secret.trim().to_owned());
    }
    let secret = make();
    crate::postgres::write_secret(path, &secret)?;
    Ok(secret)
}

/// A bearer token.
pub(super) fn new_token() -> String {
    format!("sundial_{}", Uuid::new_v4().simple())
}

/// A key that seals ad accounts' tokens.
pub(super) fn new_token_key() -> String {
    format!("local:{}", BASE64_STANDARD.encode(random()))
}

/// What webhooks are signed with.
pub(super) fn new_webhook_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(random()))
}

fn random() -> impl AsRef<[u8]> {
    let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    Sha256::digest(random.concat())
}
