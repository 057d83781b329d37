//! What a caller says about an account.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use shared::config::Secret;

use crate::problem::Problem;

/// The longest token taken, in bytes. Meta says that tokens grow; those of 2026 stay below 300.
///
/// **Source:** Meta, "Access tokens": "you should expect that access tokens will change in length".
const TOKEN_BYTES_MAX: usize = 2_048;

/// An account to check.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBody {
    pub(super) account: String,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub(super) access_token: Option<Secret>,
}

/// An account to link.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    pub(super) account: String,
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub(super) access_token: Option<Secret>,
    pub(super) is_primary: Option<bool>,
}

/// A text that nothing prints, serde's own errors included: they quote what does not fit.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let refused = |_| serde::de::Error::custom("must be a text");
    let text = Option::<String>::deserialize(from).map_err(refused)?;
    Ok(text.map(Secret::new))
}

/// The token, fit for a header.
///
/// # Errors
/// 422 that does not repeat it.
pub(super) fn fit(token: Secret) -> Result<Secret, Problem> {
    let text = token.expose();
    let is_fit = (1..=TOKEN_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_fit {
        return Ok(token);
    }
    let detail = format!("must be 1 to {TOKEN_BYTES_MAX} visible ASCII characters, without spaces");
    Err(Problem::field("access_token", detail))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_error_and_no_debug_output_repeats_a_token() {
        for wrong in [json!(["EAAsecret"]), json!({"EAAsecret": 1}), json!(4711)] {
            let body = json!({"account": "1", "access_token": wrong});
            let error = serde_json::from_value::<CheckBody>(body).unwrap_err();
            let error = error.to_string();
            assert!(!error.contains("EAA") && !error.contains("4711"), "{error}");
        }
        let body = json!({"account": "1", "access_token": "EAAsecret"});
        let body: CheckBody = serde_json::from_value(body).unwrap();
        assert!(!format!("{body:?}").contains("EAA"));
        for token in [
            "",
            "EAA secret",
            "EAAsecret\n",
            "EAAsécret",
            &"x".repeat(2_049),
        ] {
            let refused = format!("{:?}", fit(Secret::new(token)).unwrap_err());
            assert!(!refused.contains("EAA"), "{refused}");
        }
        assert!(fit(Secret::new("EAAsecret|1")).is_ok());
    }
}
