//! The figures of each ad, from its sums over the window. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{ALL, AdDay, Metric};

/// An ad over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdFigures {
    /// The ad.
    pub ad: String,
    /// The awareness level that its newest day with one tells.
    pub awareness: Option<String>,
    /// The format that its newest day with one tells.
    pub format: Option<String>,
    /// Its days.
    pub daily_rows: usize,
    /// How often it was shown. Never negative; at most [`i64::MAX`].
    pub impressions: i64,
    /// What it cost. Never negative; 0 when it is not known or does not fit.
    pub spend: Decimal,
    figures: BTreeMap<Metric, Decimal>,
}

impl AdFigures {
    /// One figure, without trailing zeros. `None` where what it is divided by is 0; for hook, hold and
    /// completion also where there is nothing to divide, since a still image has no such figure.
    #[must_use]
    pub fn figure(&self, metric: Metric) -> Option<Decimal> {
        self.figures.get(&metric).copied()
    }
}

/// The figures of each ad, in order of their ids. The order of `days` does not matter.
#[must_use]
pub fn per_ad(days: &[AdDay]) -> Vec<AdFigures> {
    let mut ordered: Vec<_> = days.iter().collect();
    // Sums that do not fit depend on the order; this makes it one.
    ordered.sort_unstable();
    ordered
        .chunk_by(|one, other| one.ad == other.ad)
        .filter_map(of_ad)
        .collect()
}

fn of_ad(days: &[&AdDay]) -> Option<AdFigures> {
    let ad = days.first()?.ad.clone();
    let newest = |word: fn(&AdDay) -> &Option<String>| {
        let mut words = days.iter().rev().filter_map(|day| word(day).clone());
        words.find(|word| !word.is_empty() && word != ALL)
    };
    let impressions = days.iter().filter_map(|day| day.impressions);
    let sums = Sums::of(days);
    let figures = Metric::ALL
        .into_iter()
        .filter_map(|metric| Some((metric, sums.figure(metric)?.normalize())));
    Some(AdFigures {
        ad,
        awareness: newest(|day| &day.awareness),
        format: newest(|day| &day.format),
        daily_rows: days.len(),
        impressions: impressions.fold(0, i64::saturating_add).max(0),
        spend: sums.spend.unwrap_or_default().max(Decimal::ZERO),
        figures: figures.collect(),
    })
}

/// Sums over an ad's days. `None`: does not fit, or, of spend and frequency, is not known.
struct Sums {
    spend: Option<Decimal>,
    impressions: Option<Decimal>,
    link_clicks: Option<Decimal>,
    add_to_carts: Option<Decimal>,
    purchases: Option<Decimal>,
    purchase_value: Option<Decimal>,
    video_views: Option<Decimal>,
    video_p25: Option<Decimal>,
    video_p100: Option<Decimal>,
    frequency: Option<Decimal>,
}

impl Sums {
    fn of(days: &[&AdDay]) -> Self {
        let count = |of: fn(&AdDay) -> Option<i64>| {
            sum(days.iter().filter_map(|day| of(day)).map(Decimal::from))
        };
        let known = |of: fn(&AdDay) -> Option<Decimal>| {
            let values: Vec<_> = days.iter().filter_map(|day| of(day)).collect();
            let total = sum(values.iter().copied())?;
            (!values.is_empty()).then_some((total, values.len()))
        };
        Self {
            spend: known(|day| day.spend).map(|(spend, _)| spend),
            impressions: count(|day| day.impressions),
            link_clicks: count(|day| day.link_clicks),
            add_to_carts: count(|day| day.add_to_carts),
            purchases: count(|day| day.purchases),
            purchase_value: sum(days.iter().filter_map(|day| day.purchase_value)),
            video_views: count(|day| day.video_views),
            video_p25: count(|day| day.video_p25),
            video_p100: count(|day| day.video_p100),
            frequency: known(|day| day.frequency)
                .and_then(|(total, days)| total.checked_div(Decimal::from(days))),
        }
    }

    fn figure(&self, metric: Metric) -> Option<Decimal> {
        match metric {
            Metric::Cpc => ratio(self.spend, Decimal::ONE, self.link_clicks),
            Metric::Cpm => ratio(self.spend, Decimal::ONE_THOUSAND, self.impressions),
            Metric::Ctr => ratio(self.link_clicks, Decimal::ONE, self.impressions),
            Metric::Roas => ratio(self.purchase_value, Decimal::ONE, self.spend),
            Metric::ConversionRate => ratio(self.purchases, Decimal::ONE_HUNDRED, self.link_clicks),
            Metric::CostPerPurchase => ratio(self.spend, Decimal::ONE, self.purchases),
            Metric::CostPerAddToCart => ratio(self.spend, Decimal::ONE, self.add_to_carts),
            Metric::Frequency => self.frequency,
            Metric::HookRate => ratio(positive(self.video_views), Decimal::ONE, self.impressions),
            Metric::HoldRate => ratio(positive(self.video_p25), Decimal::ONE, self.video_views),
            Metric::CompletionRate => {
                ratio(positive(self.video_p100), Decimal::ONE, self.impressions)
            }
        }
    }
}

fn sum(values: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    let mut values = values;
    values.try_fold(Decimal::ZERO, Decimal::checked_add)
}

fn positive(value: Option<Decimal>) -> Option<Decimal> {
    value.filter(|value| *value > Decimal::ZERO)
}

/// Multiplies before it divides, so that it rounds once.
fn ratio(of: Option<Decimal>, times: Decimal, by: Option<Decimal>) -> Option<Decimal> {
    of?.checked_mul(times)?.checked_div(positive(by)?)
}
