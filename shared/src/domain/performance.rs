//! What an ad did on a day, in our words: Meta's numbers, and what follows from them.
//!
//! Decimals throughout; what Meta left out is `None`, not nought.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// Digits kept of a quotient that Meta did not give us.
const QUOTIENT_DIGITS: u32 = 6;

/// Digits of hook and hold rates, as people know them.
const RATE_DIGITS: u32 = 4;

/// One ad's day.
#[derive(Clone, Debug, Default)]
pub struct Performance {
    /// The ad.
    pub ad: String,
    /// The day, in the account's time zone.
    pub date: NaiveDate,
    /// The ad's name.
    pub ad_name: Option<String>,
    /// Its ad set.
    pub adset: Option<String>,
    /// The ad set's name.
    pub adset_name: Option<String>,
    /// Its campaign.
    pub campaign: String,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// Money spent, in the account's currency.
    pub spend: Option<Decimal>,
    /// How often it was shown.
    pub impressions: Option<i32>,
    /// To how many people.
    pub reach: Option<i32>,
    /// How often to each, on average.
    pub frequency: Option<Decimal>,
    /// Cost per 1,000 impressions.
    pub cpm: Option<Decimal>,
    /// Clicks that left Meta.
    pub link_clicks: Option<i32>,
    /// Their share of the impressions, in percent.
    pub link_ctr: Option<Decimal>,
    /// Cost of one.
    pub link_cpc: Option<Decimal>,
    /// Conversions by name.
    pub add_to_carts: Option<i32>,
    /// Cost of one.
    pub cost_per_add_to_cart: Option<Decimal>,
    /// Checkouts begun.
    pub initiate_checkouts: Option<i32>,
    /// Cost of one.
    pub cost_per_initiate_checkout: Option<Decimal>,
    /// Landing pages that loaded.
    pub landing_page_views: Option<i32>,
    /// Contents looked at.
    pub content_views: Option<i32>,
    /// Purchases: those over all channels, else those of the pixel; never their sum.
    pub purchases: Option<i32>,
    /// What they were worth.
    pub purchase_value: Option<Decimal>,
    /// Value per money spent.
    pub roas: Option<Decimal>,
    /// Views of 3 seconds.
    pub video_views: Option<i32>,
    /// Seconds watched on average, whole ones.
    pub video_avg_watch_time: Option<Decimal>,
    /// Views of a quarter of the video.
    pub video_p25: Option<i32>,
    /// Of half of it.
    pub video_p50: Option<i32>,
    /// Of three quarters.
    pub video_p75: Option<i32>,
    /// Of 95 percent.
    pub video_p95: Option<i32>,
    /// Of all of it.
    pub video_p100: Option<i32>,
    /// Views to the end, or of 15 seconds.
    pub video_thruplay: Option<i32>,
    /// Every action, as it came.
    pub raw_actions: Option<Box<RawValue>>,
    /// The cost of every action, as it came.
    pub raw_costs: Option<Box<RawValue>>,
    /// The value of every action, as it came.
    pub action_values: Option<Box<RawValue>>,
}

/// Which part of an ad's day a breakdown is about; empty where it has no such dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    /// As in `25-34`.
    pub age: String,
    /// As in `female`.
    pub gender: String,
    /// As in `instagram`.
    pub publisher_platform: String,
    /// As in `instagram_stories`.
    pub platform_position: String,
}

impl Performance {
    /// Meta's cost per 1,000 impressions, or what follows from spend and impressions.
    #[must_use]
    pub fn cpm_or_quotient(&self) -> Option<Decimal> {
        self.cpm.or_else(|| {
            let spend = self.spend.filter(|spend| *spend > Decimal::ZERO)?;
            let per_thousand = spend.checked_mul(Decimal::ONE_THOUSAND)?;
            quotient(per_thousand, self.impressions?, QUOTIENT_DIGITS)
        })
    }

    /// Purchases per click that left Meta, in percent.
    #[must_use]
    pub fn conversion_rate(&self) -> Option<Decimal> {
        let purchases = Decimal::from(self.purchases?).checked_mul(Decimal::ONE_HUNDRED)?;
        quotient(purchases, self.link_clicks?, QUOTIENT_DIGITS)
    }

    /// Views to the end per view of 3 seconds, as a fraction.
    #[must_use]
    pub fn hold_rate(&self) -> Option<Decimal> {
        quotient(
            Decimal::from(self.video_thruplay?),
            self.video_views?,
            RATE_DIGITS,
        )
    }

    /// Views of 3 seconds per impression, as a fraction.
    #[must_use]
    pub fn hook_rate(&self) -> Option<Decimal> {
        quotient(
            Decimal::from(self.video_views?),
            self.impressions?,
            RATE_DIGITS,
        )
    }
}

/// Rounded half to even, as the reports people compare with are. `None` unless the divisor is above nought.
fn quotient(dividend: Decimal, divisor: i32, digits: u32) -> Option<Decimal> {
    let divisor = Some(divisor).filter(|divisor| *divisor > 0)?;
    Some(dividend.checked_div(divisor.into())?.round_dp(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rate: Option<Decimal>) -> Option<String> {
        rate.map(|rate| rate.normalize().to_string())
    }

    #[test]
    fn quotients_need_a_divisor() {
        let day = Performance {
            spend: Some(Decimal::TEN),
            purchases: Some(1),
            video_views: Some(0),
            video_thruplay: Some(3),
            ..Performance::default()
        };
        assert_eq!(day.cpm_or_quotient(), None);
        assert_eq!(day.conversion_rate(), None);
        assert_eq!(day.hold_rate(), None);
        assert_eq!(day.hook_rate(), None);
    }

    #[test]
    fn quotients_are_exact_as_far_as_they_are_kept() {
        let day = Performance {
            spend: Some(Decimal::ONE),
            impressions: Some(3_000),
            purchases: Some(2),
            link_clicks: Some(3),
            video_views: Some(1_000),
            video_thruplay: Some(1),
            ..Performance::default()
        };
        assert_eq!(told(day.cpm_or_quotient()).as_deref(), Some("0.333333"));
        assert_eq!(told(day.conversion_rate()).as_deref(), Some("66.666667"));
        assert_eq!(told(day.hold_rate()).as_deref(), Some("0.001"));
        assert_eq!(told(day.hook_rate()).as_deref(), Some("0.3333"));
        let given = Performance {
            cpm: Some(Decimal::TEN),
            ..day
        };
        assert_eq!(told(given.cpm_or_quotient()).as_deref(), Some("10"));
    }
}
