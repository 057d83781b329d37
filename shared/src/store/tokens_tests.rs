//! What opens, and what does not.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::*;

const ACCOUNT: &str = "act_1";

fn keys(names: &str) -> TokenKeys {
    let keys = names.bytes().map(|name| {
        let key = BASE64_STANDARD.encode([name; 32]);
        format!("{}:{key}", char::from(name))
    });
    TokenKeys::parse(&keys.collect::<Vec<_>>().join(",")).unwrap()
}

fn sealed(keys: &TokenKeys, brand: BrandId) -> SealedToken {
    seal(keys, &Secret::new("EAAtoken"), brand, ACCOUNT).unwrap()
}

#[test]
fn a_token_opens_for_its_account_and_is_nowhere_in_what_is_kept() {
    let (keys, brand) = (keys("a"), BrandId::new());

    let kept = sealed(&keys, brand);

    let opened = open(&keys, &kept, brand, ACCOUNT).unwrap();
    assert_eq!(opened.expose(), "EAAtoken");
    assert!(!kept.bytes.windows(3).any(|part| part == b"EAA"));
    assert_eq!(format!("{kept:?}"), "sealed with \"a\"");
    assert_ne!(
        kept,
        sealed(&keys, brand),
        "nonces and data keys are random"
    );
}

#[test]
fn keys_are_rotated_without_an_outage() {
    let brand = BrandId::new();
    let old = sealed(&keys("a"), brand);

    let new = sealed(&keys("ba"), brand);

    assert_eq!((old.key_id.as_str(), new.key_id.as_str()), ("a", "b"));
    for kept in [&old, &new] {
        assert!(open(&keys("ba"), kept, brand, ACCOUNT).is_ok());
    }
    let gone = open(&keys("b"), &old, brand, ACCOUNT).unwrap_err();
    assert!(matches!(&gone, TokenError::NoSuchKey(id) if id == "a"));
    let none = open(&TokenKeys::default(), &old, brand, ACCOUNT).unwrap_err();
    assert!(none.to_string().contains("openssl rand -base64 32"));
    let none = seal(&TokenKeys::default(), &Secret::new("x"), brand, ACCOUNT);
    assert!(matches!(none, Err(TokenError::NoKeys)));
}

#[test]
fn a_token_copied_to_another_row_does_not_open() {
    let (keys, brand) = (keys("ab"), BrandId::new());
    let kept = sealed(&keys, brand);
    let renamed = SealedToken {
        key_id: "b".into(),
        ..kept.clone()
    };

    for (what, kept, brand, account) in [
        ("another brand", &kept, BrandId::new(), ACCOUNT),
        ("another account", &kept, brand, "act_2"),
        ("another key", &renamed, brand, ACCOUNT),
    ] {
        let opened = open(&keys, kept, brand, account);
        assert!(matches!(opened, Err(TokenError::DoesNotOpen(_))), "{what}");
    }
}

#[test]
fn not_a_bit_may_be_changed_and_not_a_byte_be_missing() {
    let (keys, brand) = (keys("a"), BrandId::new());
    let kept = sealed(&keys, brand);

    for place in 0..kept.bytes.len() {
        let mut changed = kept.clone();
        changed.bytes[place] ^= 1;
        let opened = open(&keys, &changed, brand, ACCOUNT);
        assert!(matches!(opened, Err(TokenError::DoesNotOpen(_))), "{place}");
        let mut short = kept.clone();
        short.bytes.truncate(place);
        let opened = open(&keys, &short, brand, ACCOUNT);
        assert!(matches!(opened, Err(TokenError::DoesNotOpen(_))), "{place}");
    }
}
