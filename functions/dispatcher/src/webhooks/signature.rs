//! Whether a webhook comes from somebody who has our secret, and was sent just now.
//!
//! **Source:** Standard Webhooks, "Signature scheme" and "Verifying webhook authenticity".

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use shared::config::WebhookKeys;
use subtle::{Choice, ConstantTimeEq};

use crate::problem::Problem;

/// How far the time of sending may be from ours, in seconds, so that what somebody overheard is soon of no use.
const TOLERANCE_SECONDS: u64 = 300;

/// Signatures that are looked at: while a secret is changed there are two.
const SIGNATURES_MAX: usize = 8;

/// What a webhook says of itself in its headers.
pub(super) struct Signed<'a> {
    id: &'a str,
    sent_at: &'a str,
    signatures: &'a str,
}

/// Reads the headers, before anything of the body is.
///
/// # Errors
/// 404 where webhooks are not taken; 401 without these headers, or when it was not sent just now.
pub(super) fn read<'a>(
    keys: &WebhookKeys,
    headers: &'a HeaderMap,
    now: DateTime<Utc>,
) -> Result<Signed<'a>, Problem> {
    if keys.is_empty() {
        let detail = "webhooks are not taken here; set SUNDIAL_WEBHOOK_SECRET, as in `echo whsec_$(openssl rand -base64 32)`";
        return Err(Problem::new(StatusCode::NOT_FOUND, "webhooks-off", detail));
    }
    let signed = Signed {
        id: one(headers, "webhook-id")?,
        sent_at: one(headers, "webhook-timestamp")?,
        signatures: one(headers, "webhook-signature")?,
    };
    let sent_at: i64 = signed
        .sent_at
        .parse()
        .map_err(|_| refused("webhook-timestamp must be whole seconds since 1970"))?;
    if now.timestamp().abs_diff(sent_at) > TOLERANCE_SECONDS {
        return Err(refused(
            "webhook-timestamp is more than 5 minutes from our time",
        ));
    }
    Ok(signed)
}

impl Signed<'_> {
    /// Whether this body was signed with one of the keys.
    ///
    /// # Errors
    /// 401 when it was not.
    pub(super) fn check(&self, keys: &WebhookKeys, body: &[u8]) -> Result<(), Problem> {
        let given: Vec<Vec<u8>> = self
            .signatures
            .split(' ')
            .take(SIGNATURES_MAX)
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|signature| BASE64_STANDARD.decode(signature).ok())
            .collect();
        let mut is_good = Choice::from(0);
        for key in keys.expose() {
            let wanted = self.tag(key, body);
            for given in &given {
                is_good |= wanted.as_ref().ct_eq(given);
            }
        }
        if is_good.into() {
            return Ok(());
        }
        Err(refused(
            "webhook-signature has no v1 signature of webhook-id.webhook-timestamp.body with a secret of SUNDIAL_WEBHOOK_SECRET",
        ))
    }

    fn tag(&self, key: &[u8], body: &[u8]) -> hmac::Tag {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let mut context = hmac::Context::with_key(&key);
        for part in [
            self.id.as_bytes(),
            b".",
            self.sent_at.as_bytes(),
            b".",
            body,
        ] {
            context.update(part);
        }
        context.sign()
    }
}

/// The value of a header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none());
    let value = value.and_then(|value| value.to_str().ok());
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| refused(format!("{name} is missing, or there twice")))
}

fn refused(detail: impl Into<String>) -> Problem {
    let scheme = HeaderValue::from_static("Standard-Webhooks");
    Problem::new(StatusCode::UNAUTHORIZED, "bad-signature", detail)
        .with_header(header::WWW_AUTHENTICATE, scheme)
}
