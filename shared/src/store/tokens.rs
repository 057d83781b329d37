//! Ad accounts' own tokens: sealed before they become a row, opened for as long as one is used.
//!
//! Each token is sealed with a data key of its own, and that one with a key of the configuration. Both
//! are bound to the brand and the account, so a sealed token that is copied to another row does not open.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, MAX_TAG_LEN, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};

use crate::{
    config::{self, Secret, TokenKeys},
    domain::BrandId,
    store::ad_accounts::{Access, AdAccount, Connection},
};

/// What a sealed token begins with: which form the rest has.
const VERSION: u8 = 1;
/// Bytes of a data key.
const KEY_LEN: usize = 32;
/// Bytes of a sealed data key: nonce, key, tag.
const SEALED_KEY_LEN: usize = NONCE_LEN + KEY_LEN + MAX_TAG_LEN;

/// A token that nobody can use without its key. What it holds is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// Which key of the configuration opens it.
    pub key_id: String,
    /// Version, sealed data key, sealed token.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sealed with {:?}", self.key_id)
    }
}

/// Why there is no token to ask with. None of these passes by itself.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is no key at all.
    #[error(
        "no ad account can have a token of its own: META_TOKEN_KEYS is not set; \
         make a key with `openssl rand -base64 32` and set META_TOKEN_KEYS to name:key"
    )]
    NoKeys,
    /// The key is not configured any more.
    #[error("the token is sealed with the key {0:?}, which META_TOKEN_KEYS does not have")]
    NoSuchKey(String),
    /// The key is another one of that name, or the token is of another row or damaged.
    #[error("the sealed token does not open with the key {0:?}; connect the ad account again")]
    DoesNotOpen(String),
    /// The cryptographic library refuses to seal.
    #[error("the token could not be sealed")]
    NotSealed,
    /// The account is read by the installation's system user, which has no token.
    #[error(
        "the ad account has no token of its own, and META_ACCESS_TOKEN is not set; \
         set it, or connect the account with a token"
    )]
    NoSystemToken,
    /// The account's own token is known to be no good.
    #[error("the ad account must be connected again: {0}")]
    Reconnect(String),
}

/// The token that reads `account`: its own, or the system user's if it has none. Never the one in
/// place of the other.
///
/// A system user's account is read even when its connection is lost, for the token is mended in the
/// configuration: [`super::ad_accounts::connected`] takes note when it works again.
///
/// # Errors
/// [`TokenError`]; a person must act.
pub fn token_of(account: &AdAccount, config: &config::Meta) -> Result<Secret, TokenError> {
    match (&account.access, &account.connection) {
        (Access::System, _) => config.access_token.clone().ok_or(TokenError::NoSystemToken),
        (Access::Own(_) | Access::Lost, Connection::Reconnect { why }) => {
            Err(TokenError::Reconnect(why.clone()))
        }
        (Access::Own(sealed), Connection::Connected) => open(
            &config.token_keys,
            sealed,
            account.brand_id,
            &account.account,
        ),
        (Access::Lost, Connection::Connected) => {
            Err(TokenError::Reconnect("its token is gone".to_owned()))
        }
    }
}

/// Seals a token for one account of one brand.
///
/// # Errors
/// [`TokenError::NoKeys`], and [`TokenError::NotSealed`] when there is no randomness.
pub fn seal(
    keys: &TokenKeys,
    token: &Secret,
    brand: BrandId,
    account: &str,
) -> Result<SealedToken, TokenError> {
    let key = keys.sealing().ok_or(TokenError::NoKeys)?;
    let mut data_key = [0; KEY_LEN];
    rand::fill(&mut data_key).map_err(|_| TokenError::NotSealed)?;
    let mut bytes = vec![VERSION];
    for (key, part, what) in [
        (key.expose(), &data_key[..], Part::Key(key.id())),
        (&data_key, token.expose().as_bytes(), Part::Token),
    ] {
        let sealed = seal_part(key, part, &what.bound_to(brand, account));
        bytes.extend(sealed.ok_or(TokenError::NotSealed)?);
    }
    Ok(SealedToken {
        key_id: key.id().to_owned(),
        bytes,
    })
}

/// Opens a token that was sealed for this account of this brand.
///
/// # Errors
/// [`TokenError::NoKeys`], [`TokenError::NoSuchKey`], or [`TokenError::DoesNotOpen`].
pub fn open(
    keys: &TokenKeys,
    sealed: &SealedToken,
    brand: BrandId,
    account: &str,
) -> Result<Secret, TokenError> {
    keys.sealing().ok_or(TokenError::NoKeys)?;
    let key = keys.named(&sealed.key_id);
    let key = key.ok_or_else(|| TokenError::NoSuchKey(sealed.key_id.clone()))?;
    let opened = || {
        let (&VERSION, rest) = sealed.bytes.split_first()? else {
            return None;
        };
        let (sealed_key, sealed_token) = rest.split_at_checked(SEALED_KEY_LEN)?;
        let bound = Part::Key(key.id()).bound_to(brand, account);
        let data_key = open_part(key.expose(), sealed_key, &bound)?;
        let bound = Part::Token.bound_to(brand, account);
        let token = open_part(&data_key, sealed_token, &bound)?;
        String::from_utf8(token).ok().map(Secret::new)
    };
    opened().ok_or_else(|| TokenError::DoesNotOpen(sealed.key_id.clone()))
}

/// What is sealed. The one is never taken for the other.
enum Part<'a> {
    /// A data key, with the key of this name.
    Key(&'a str),
    /// A token.
    Token,
}

impl Part<'_> {
    /// What it may be opened for. No part of it contains the character between them.
    fn bound_to(&self, brand: BrandId, account: &str) -> String {
        let what = match self {
            Part::Key(id) => format!("key\n{id}"),
            Part::Token => "token".to_owned(),
        };
        format!("sundial\n{VERSION}\n{what}\n{brand}\n{account}")
    }
}

/// A random nonce, then what it seals, then the tag.
fn seal_part(key: &[u8], plain: &[u8], bound: &str) -> Option<Vec<u8>> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let mut sealed = plain.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(bound), &mut sealed);
    let nonce = nonce.ok()?;
    Some([nonce.as_ref().as_slice(), &sealed].concat())
}

fn open_part(key: &[u8], sealed: &[u8], bound: &str) -> Option<Vec<u8>> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut opened = sealed.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(bound), &mut opened);
    Some(plain.ok()?.to_vec())
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
