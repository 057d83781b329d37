//! What a token says whose signature, issuer and audience are good.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use shared::domain::{OrganizationId, Role};

use super::{Inner, Person};
use crate::auth;

/// By how much the provider's clock may differ from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Longest part of a name that comes from a token, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Whom the claims are about. `None`: the token is not good now, or says of no role or organisation that we know.
pub(super) fn read(provider: &Inner, claims: &Value, now: DateTime<Utc>) -> Option<Person> {
    let until = time(claims.get("exp")?)?;
    let is_early = match claims.get("nbf") {
        None => false,
        Some(from) => time(from)? > now + LEEWAY,
    };
    if is_early || until + LEEWAY <= now {
        return None;
    }
    let subject = claims.get("sub")?.as_str().filter(|it| !it.is_empty())?;
    let issuer = &provider.config.issuer;
    Some(Person {
        name: name(subject, claims),
        sha256: auth::digest(format!("{issuer}\n{subject}").as_bytes()),
        role: role(provider, claims)?,
        organization: organization(provider, claims)?,
        until,
    })
}

/// **Source:** RFC 7519, section 2, "NumericDate": seconds, that need not be whole.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    let seconds = value.as_i64().or_else(|| {
        let whole = value.as_f64()?.to_string();
        whole.split('.').next()?.parse().ok()
    })?;
    DateTime::from_timestamp(seconds, 0)
}

/// The highest role of all that the claim's values mean.
fn role(provider: &Inner, claims: &Value) -> Option<Role> {
    let claim = claims.pointer(&provider.config.role_claim)?;
    let values = match claim {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    let values = values.iter().filter_map(Value::as_str);
    values
        .filter_map(|value| provider.roles.iter().find(|(known, _)| known == value))
        .map(|(_, role)| *role)
        .max()
}

/// The organisation that the claim names, where a claim does. The outer `None`: it names none.
#[expect(clippy::option_option, reason = "nobody's, everybody's and somebody's")]
fn organization(provider: &Inner, claims: &Value) -> Option<Option<OrganizationId>> {
    let Some(pointer) = &provider.config.organization_claim else {
        return Some(None);
    };
    let id = claims.pointer(pointer)?.as_str()?.parse().ok()?;
    Some(Some(id))
}

/// The subject, which is the provider's, and an address beside it, which may be the person's own word.
fn name(subject: &str, claims: &Value) -> String {
    let subject = line(subject);
    match claims.get("email").and_then(Value::as_str) {
        Some(email) => format!("user {subject} ({})", line(email)),
        None => format!("user {subject}"),
    }
}

fn line(text: &str) -> String {
    let visible = text.chars().filter(|it| !it.is_control());
    visible.take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_need_not_be_whole() {
        let at = |value: Value| time(&value).map(|at| at.timestamp());

        assert_eq!(at(json!(1_780_000_000)), Some(1_780_000_000));
        assert_eq!(at(json!(1_780_000_000.75)), Some(1_780_000_000));
        assert_eq!(at(json!("1780000000")), None);
        assert_eq!(at(json!(1e300)), None);
    }

    #[test]
    fn a_name_is_one_short_line() {
        let claims = json!({ "email": "a\n@example.com" });

        assert_eq!(name("u\u{0}1", &claims), "user u1 (a@example.com)");
        assert_eq!(name(&"x".repeat(200), &json!({})).len(), 105);
    }
}
