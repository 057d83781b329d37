//! Lists in pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::error::ApiError;

/// Longest token for a further page, as in the API models.
pub(crate) const TOKEN_CHARS_MAX: usize = 2048;

/// Most items of a page. **Source:** AWS, API models of EventBridge (`LimitMax100`) and Scheduler (`MaxResults`).
pub(crate) const PAGE_MAX: i64 = 100;

/// Marks a token as ours, so that a made-up one is noticed.
const TOKEN_MARK: &str = "after:";

/// One page of items in the order of their keys, and the token of the next page, if any.
///
/// # Errors
/// `ValidationException` when the token is not one of ours.
pub(crate) fn page<T>(
    items: impl Iterator<Item = (String, T)>,
    token: Option<&str>,
    limit: Option<i64>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let after = token.map(key_of).transpose()?;
    let limit = usize::try_from(limit.unwrap_or(PAGE_MAX)).unwrap_or_default();
    let mut rest = items.skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after));
    let (keys, page): (Vec<_>, Vec<_>) = rest.by_ref().take(limit).unzip();
    let more = rest.next().is_some();
    Ok((page, keys.last().filter(|_| more).map(|key| token_of(key))))
}

/// Adds the token of the next page, when there is one.
pub(crate) fn with_token(mut answer: Value, token: Option<String>) -> Value {
    if let (Some(token), Value::Object(fields)) = (token, &mut answer) {
        fields.insert("NextToken".to_owned(), json!(token));
    }
    answer
}

fn token_of(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{TOKEN_MARK}{key}"))
}

fn key_of(token: &str) -> Result<String, ApiError> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let key = text
        .as_deref()
        .and_then(|text| text.strip_prefix(TOKEN_MARK))
        .map(str::to_owned);
    key.ok_or_else(|| ApiError::validation("Parameter NextToken is not valid."))
}
