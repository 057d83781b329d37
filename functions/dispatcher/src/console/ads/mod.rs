//! What is said of a brand's ads: hooks, congruence, and each ad beside what was looked at.

pub(super) mod list;
pub(super) mod page;
mod tables;

use rust_decimal::Decimal;
use shared::domain::BrandId;
use url::form_urlencoded::Serializer;

/// Who answers in the local stack.
const STAND_IN: &str = "stand-in";

/// Where the ads of a brand are that a figure is made of.
fn list_url(brand: BrandId, days_back: i64, wanted: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new())
        .append_pair("brand", &brand.to_string())
        .append_pair("days_back", &days_back.to_string())
        .extend_pairs(wanted)
        .finish();
    format!("/console/ads?{query}")
}

/// A figure with so many digits after the point; a dash where there is none.
fn figure(number: Option<Decimal>, digits: u32) -> String {
    match number {
        Some(number) => format!(
            "{:.*}",
            usize::try_from(digits).unwrap_or_default(),
            number.round_dp(digits)
        ),
        None => "–".to_owned(),
    }
}

/// A share of one as percent.
fn percent(share: Option<Decimal>) -> String {
    match share {
        Some(share) => format!("{} %", figure(Some(share * Decimal::ONE_HUNDRED), 1)),
        None => "–".to_owned(),
    }
}
