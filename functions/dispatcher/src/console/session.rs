//! Sessions of the console: a random id in a cookie, of which the database has the digest.

use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    rand,
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use crate::auth;

/// How long somebody stays signed in.
pub(super) const LASTS: TimeDelta = TimeDelta::hours(12);
/// The same, in a cookie.
const LASTS_SECONDS: u32 = 12 * 60 * 60;

/// What the proof of a form is derived for.
const PURPOSE: &[u8] = b"sundial console: this form is ours";
/// What makes each proof another one.
const SALT_BYTES: usize = 16;

/// A session's id, which only its browser has. It is never printed.
#[derive(Clone, Copy)]
pub(super) struct SessionId([u8; 32]);

impl SessionId {
    /// A new one. `None`: the machine has no randomness.
    pub(super) fn new() -> Option<Self> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The one a request carries, when it carries one, once.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let name = Transport::of(headers).cookie_name();
        let lines = headers.get_all(header::COOKIE).iter();
        let mut values = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter_map(|(given, value)| (given == name).then_some(value));
        let value = values.next().filter(|_| values.next().is_none())?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// What the database knows of it.
    pub(super) fn digest(&self) -> [u8; 32] {
        auth::digest(&self.0)
    }

    /// Proof that a form comes from a page of this session. Every page has another one, so that the lengths of
    /// compressed pages do not tell it (BREACH). `None`: the machine has no randomness.
    pub(super) fn proof(&self) -> Option<String> {
        let mut salt = [0; SALT_BYTES];
        rand::fill(&mut salt).ok()?;
        let tag = hmac::sign(&self.key(), &[PURPOSE, &salt].concat());
        let proof = [&salt, tag.as_ref()].concat();
        Some(BASE64_URL_SAFE_NO_PAD.encode(proof))
    }

    /// Whether a form has a proof of this session.
    pub(super) fn is_proof(&self, given: &str) -> bool {
        let given = BASE64_URL_SAFE_NO_PAD.decode(given).unwrap_or_default();
        let Some((salt, tag)) = given.split_at_checked(SALT_BYTES) else {
            return false;
        };
        hmac::verify(&self.key(), &[PURPOSE, salt].concat(), tag).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, &self.0)
    }

    /// The cookie that keeps it in the browser.
    pub(super) fn cookie(&self, transport: Transport) -> Option<HeaderValue> {
        let value = BASE64_URL_SAFE_NO_PAD.encode(self.0);
        transport.cookie(&value, LASTS_SECONDS)
    }
}

/// How the browser reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// By TLS, as every function URL.
    Https,
    /// In the clear, on this machine: the local stack.
    Loopback,
}

impl Transport {
    /// In the clear only where the function's host says so and the address is this machine's.
    /// **Source:** AWS, "Invoking Lambda function URLs": `x-forwarded-proto` is always set by AWS.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let is_http = headers.get("x-forwarded-proto").map(HeaderValue::as_bytes) == Some(b"http");
        if is_http && host(headers).is_some_and(is_this_machine) {
            Self::Loopback
        } else {
            Self::Https
        }
    }

    /// A browser takes a `__Host-` cookie only by TLS, for this host alone and all its paths.
    /// **Source:** RFC 6265bis, section 4.1.3.2.
    const fn cookie_name(self) -> &'static str {
        match self {
            Self::Https => "__Host-sundial",
            Self::Loopback => "sundial",
        }
    }

    fn cookie(self, value: &str, seconds: u32) -> Option<HeaderValue> {
        let name = self.cookie_name();
        let secure = match self {
            Self::Https => "; Secure",
            Self::Loopback => "",
        };
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&cookie).ok()
    }

    /// The cookie that takes the session out of the browser.
    pub(super) fn no_cookie(self) -> Option<HeaderValue> {
        self.cookie("", 0)
    }
}

/// The host and port that the browser asked for.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = axum::http::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (proto, host, wanted) in [
            ("http", "127.0.0.1:7070", Transport::Loopback),
            ("http", "localhost", Transport::Loopback),
            ("http", "[::1]:7070", Transport::Loopback),
            ("https", "localhost", Transport::Https),
            ("http", "example.com", Transport::Https),
            ("http", "localhost.example.com", Transport::Https),
        ] {
            let headers = headers(&[("x-forwarded-proto", proto), ("host", host)]);
            assert_eq!(Transport::of(&headers), wanted, "{proto} {host}");
        }
        assert_eq!(Transport::of(&HeaderMap::new()), Transport::Https);
    }

    #[test]
    fn two_cookies_of_the_name_are_none() {
        let id = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let one = format!("other=1; __Host-sundial={id}");
        let two = format!("{one}; __Host-sundial={id}");
        for (line, is_there) in [(&one, true), (&two, false)] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(line).unwrap());
            assert_eq!(SessionId::of(&headers).is_some(), is_there, "{line}");
        }
    }

    #[test]
    fn every_session_has_a_proof_of_its_own() {
        let (a, b) = (SessionId::new().unwrap(), SessionId::new().unwrap());

        let proof = a.proof().unwrap();
        assert!(a.is_proof(&proof));
        assert!(!b.is_proof(&proof));
        assert_ne!(a.digest(), b.digest());
    }

    #[test]
    fn every_page_has_a_proof_of_its_own() {
        let a = SessionId::new().unwrap();
        let (one, two) = (a.proof().unwrap(), a.proof().unwrap());

        assert!(a.is_proof(&one) && a.is_proof(&two));
        let common = one.bytes().zip(two.bytes()).filter(|(a, b)| a == b).count();
        assert!(common < one.len() / 2, "{common} of {}", one.len());
        for wrong in ["", "x", &one[..one.len() - 1], &one[..20]] {
            assert!(!a.is_proof(wrong), "{wrong}");
        }
    }
}
