//! Exchanging and inspecting tokens.
//!
//! Not imitated: the login page, client secrets (any will do), short-lived user tokens, and that an
//! exchange changes nothing for a token younger than a day.

use serde_json::{Value, json};

use super::{Shared, refusal::Refusal, request::Call};

/// The app a token is of when the one who inspects it does not tell.
const APP: &str = "700000000000001";

/// Answers `/oauth/access_token`, for `grant_type=fb_exchange_token` and for a `code`.
///
/// # Errors
/// 101 without client, 100 without anything to exchange, 190 when the token is no good.
pub(super) fn exchange(shared: &Shared, call: &Call) -> Result<Value, Refusal> {
    for name in ["client_id", "client_secret"] {
        if given(call, name).is_none() {
            return Err(Refusal::client_missing(name));
        }
    }
    let now = shared.now.get();
    let is_exchange = given(call, "grant_type") == Some("fb_exchange_token");
    let (token, lifetime) = if is_exchange {
        let old = given(call, "fb_exchange_token")
            .ok_or_else(|| Refusal::parameter("fb_exchange_token parameter not specified"))?;
        shared.tokens.exchange(old, now)?
    } else {
        let code = given(call, "code").zip(given(call, "redirect_uri"));
        let (code, _) =
            code.ok_or_else(|| Refusal::parameter("Missing redirect_uri or code parameter."))?;
        shared.tokens.redeem(code, now)?
    };
    Ok(json!({
        "access_token": token, "token_type": "bearer", "expires_in": lifetime.num_seconds(),
    }))
}

/// Answers `/debug_token`.
///
/// # Errors
/// 104 without a token of one's own, 100 without one to inspect.
pub(super) fn inspect(shared: &Shared, call: &Call) -> Result<Value, Refusal> {
    let own = call.token().ok_or_else(Refusal::token_missing)?;
    let app = own.split_once('|').map_or(APP, |(app, _)| app);
    let token = given(call, "input_token")
        .ok_or_else(|| Refusal::parameter("The parameter input_token is required"))?;
    let data = match shared.tokens.valid(token, shared.now.get()) {
        Ok(known) => json!({
            "app_id": app, "type": "USER", "application": "Stand-in app", "is_valid": true,
            "expires_at": known.expires.map_or(0, |expires| expires.timestamp()),
            "data_access_expires_at": 0, "issued_at": known.issued.timestamp(),
            "scopes": known.scopes, "user_id": "100000000000009",
        }),
        Err(refusal) => json!({
            "app_id": app, "type": "USER", "is_valid": false, "scopes": [],
            "error": {"code": refusal.code, "subcode": refusal.subcode, "message": refusal.message},
        }),
    };
    Ok(json!({ "data": data }))
}

fn given<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let value = call.parameters.get(name).map(String::as_str);
    value.filter(|value| !value.is_empty())
}
