//! Ids that may go into the path of a request.

use super::MetaError;

/// The account, as `act_` and digits.
pub(super) fn account_id(text: &str) -> Result<&str, MetaError> {
    object_id(text.strip_prefix("act_").unwrap_or_default())
        .map(|_| text)
        .map_err(|_| MetaError::BadId(text.to_owned()))
}

/// Digits, or two groups of them for a post. Anything else could change the path it is put into.
pub(super) fn object_id(text: &str) -> Result<&str, MetaError> {
    let is_number =
        |part: &str| (1..=32).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_id = text.split('_').count() <= 2 && text.split('_').all(is_number);
    if is_id {
        Ok(text)
    } else {
        Err(MetaError::BadId(text.to_owned()))
    }
}

/// A share in whole percent, 0 to 100.
pub(super) fn percent(share: f64) -> u8 {
    let whole = (0..=100_u8)
        .rev()
        .find(|percent| f64::from(*percent) <= share);
    whole.unwrap_or(0)
}
