//! Ids of media that are fit to be part of an object's key. Pure.

use sha2::{Digest as _, Sha256};

/// Host and query change from read to read; the path names the file.
pub(super) fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme
        .find('/')
        .and_then(|at| after_scheme.get(at..))
        .unwrap_or(after_scheme);
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The id itself where it is fit to be part of an object's key, a digest of it otherwise.
pub(super) fn identifier(id: &str) -> String {
    let is_plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_plain { id.to_owned() } else { digest(id) }
}

/// 128 bits, in hexadecimal, marked so that it is never taken for a hash of Meta's.
pub(super) fn digest(text: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(text).into();
    let (half, _) = hash.split_at(16);
    format!("d{}", hex::encode(half))
}
