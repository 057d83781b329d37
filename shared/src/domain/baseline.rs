//! What is usual for a brand's ads: quartiles of each figure over a cohort of ads. Pure.
//!
//! Figures are made of sums over the whole window, one figure per ad and metric; ratios of single days
//! are never averaged. Of an ad that spent 80 on a day with one click and 20 on a day with 99, the click
//! cost 1, not 40.10.
//!
//! Figures are decimals. Sums of up to 28 digits are exact. A quotient is rounded once, half to even, at
//! its 28th decimal or where 96 bits are full; so is what lies between two ranks. What does not fit into
//! 96 bits is left out, of that ad and that metric only.
//!
//! **Source:** the CPC baseline rule of the system before.

mod figures;
#[cfg(test)]
mod properties;
mod spread;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use figures::{AdFigures, per_ad};
pub use spread::Spread;

/// The cohort that is not divided in this respect.
pub const ALL: &str = "all";

/// Daily rows below which a cohort says too little.
const DAILY_ROWS_MIN: usize = 30;
/// Ads below which a cohort says too little.
const ADS_MIN: usize = 5;
/// Impressions below which a cohort says too little.
const IMPRESSIONS_MIN: i64 = 10_000;
/// Spend below which a cohort says too little, in the account's currency.
const SPEND_MIN: Decimal = Decimal::ONE_HUNDRED;

/// The numbers of an ad on a day. A count that is absent counts as none; absent spend is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdDay {
    /// The ad.
    pub ad: String,
    /// The day, in the account's time zone.
    pub date: NaiveDate,
    /// What it cost, in the account's currency.
    pub spend: Option<Decimal>,
    /// How often it was shown.
    pub impressions: Option<i64>,
    /// Clicks that left Meta.
    pub link_clicks: Option<i64>,
    /// Things put into carts.
    pub add_to_carts: Option<i64>,
    /// Purchases.
    pub purchases: Option<i64>,
    /// What was bought, in the account's currency.
    pub purchase_value: Option<Decimal>,
    /// Views of at least three seconds.
    pub video_views: Option<i64>,
    /// Views of a quarter of the video.
    pub video_p25: Option<i64>,
    /// Views of the whole video.
    pub video_p100: Option<i64>,
    /// How often a person saw it.
    pub frequency: Option<Decimal>,
    /// The awareness level it was classified as; `None`: not classified.
    pub awareness: Option<String>,
    /// `video` or `image`; `None`: not known.
    pub format: Option<String>,
}

/// A figure of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Spend per link click.
    Cpc,
    /// Spend per thousand impressions.
    Cpm,
    /// Link clicks per impression: a fraction, where the tables have percent.
    Ctr,
    /// Purchase value per spend.
    Roas,
    /// Purchases per hundred link clicks.
    ConversionRate,
    /// Spend per purchase.
    CostPerPurchase,
    /// Spend per thing put into a cart.
    CostPerAddToCart,
    /// Mean of the daily frequencies.
    Frequency,
    /// Views per impression.
    HookRate,
    /// Views of a quarter per view; the tables' `hold_rate` is another, made of ThruPlays.
    HoldRate,
    /// Views of the whole video per impression.
    CompletionRate,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Cpc,
        Self::Cpm,
        Self::Ctr,
        Self::Roas,
        Self::ConversionRate,
        Self::CostPerPurchase,
        Self::CostPerAddToCart,
        Self::Frequency,
        Self::HookRate,
        Self::HoldRate,
        Self::CompletionRate,
    ];

    /// Whether a figure that an ad has is part of its cohort. Ads that sold nothing have a return of 0 and
    /// are left out, so a cohort's return is that of the ads that sold something.
    fn includes(self, figure: Decimal) -> bool {
        !matches!(self, Self::Roas | Self::ConversionRate) || figure > Decimal::ZERO
    }

    /// Whether the rarest figures of a cohort are drawn in.
    const fn is_clipped(self) -> bool {
        !matches!(self, Self::HookRate | Self::HoldRate | Self::CompletionRate)
    }
}

/// What is usual for a cohort of ads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The awareness level its ads share, or [`ALL`].
    pub awareness: String,
    /// The format its ads share, or [`ALL`].
    pub format: String,
    /// Days of ads behind it.
    pub daily_rows: usize,
    /// Ads behind it.
    pub ads: usize,
    /// Their impressions.
    pub impressions: i64,
    /// Their spend.
    pub spend: Decimal,
    /// Whether that is enough to judge by: 30 days of ads, 5 ads, 10,000 impressions, and a spend of 100.
    pub is_sufficient: bool,
    /// Each metric, whether or not any ad has it.
    pub metrics: BTreeMap<Metric, Spread>,
}

/// The baseline of every cohort: of all ads, even if there are none; of each awareness level and each
/// format; and of each format within a level. An ad without a level or format is part only of what is not
/// divided by it. The rule knows no cohort of a format over all levels; it is here since ads are often
/// not classified.
#[must_use]
pub fn baselines(days: &[AdDay]) -> Vec<Baseline> {
    let ads = per_ad(days);
    let mut cohorts = BTreeSet::from([(None, None)]);
    for ad in &ads {
        let (awareness, format) = (ad.awareness.as_deref(), ad.format.as_deref());
        cohorts.extend([(awareness, None), (None, format), (awareness, format)]);
    }
    let baseline = |cohort: &Cohort<'_>| {
        let members: Vec<_> = ads.iter().filter(|ad| belongs(ad, *cohort)).collect();
        of_cohort(*cohort, &members)
    };
    cohorts.iter().map(baseline).collect()
}

/// Awareness level and format; `None`: not divided by it.
type Cohort<'a> = (Option<&'a str>, Option<&'a str>);

fn belongs(ad: &AdFigures, (awareness, format): Cohort<'_>) -> bool {
    let is_same =
        |own: &Option<String>, asked: Option<&str>| asked.is_none() || own.as_deref() == asked;
    is_same(&ad.awareness, awareness) && is_same(&ad.format, format)
}

fn of_cohort((awareness, format): Cohort<'_>, ads: &[&AdFigures]) -> Baseline {
    let daily_rows = ads.iter().map(|ad| ad.daily_rows).sum();
    let impressions = ads
        .iter()
        .fold(0, |sum: i64, ad| sum.saturating_add(ad.impressions));
    let spend = ads
        .iter()
        .fold(Decimal::ZERO, |sum, ad| sum.saturating_add(ad.spend));
    let metric = |metric: Metric| {
        let figures = ads.iter().filter_map(|ad| ad.figure(metric));
        let included = figures.filter(|figure| metric.includes(*figure)).collect();
        (metric, Spread::of(included, metric.is_clipped()))
    };
    Baseline {
        awareness: awareness.unwrap_or(ALL).to_owned(),
        format: format.unwrap_or(ALL).to_owned(),
        daily_rows,
        ads: ads.len(),
        impressions,
        spend,
        is_sufficient: daily_rows >= DAILY_ROWS_MIN
            && ads.len() >= ADS_MIN
            && impressions >= IMPRESSIONS_MIN
            && spend >= SPEND_MIN,
        metrics: Metric::ALL.map(metric).into(),
    }
}
