//! How the figures of a cohort are spread. Pure.

use rust_decimal::Decimal;
use serde::Serialize;

/// Fewest figures of which the rarest are drawn in.
const CLIPPED_MIN: usize = 3;

/// Quartiles of the figures of a cohort. All of them are `None` when no ad is included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Ads whose figure is included.
    pub ads: usize,
    /// A quarter of the ads have less.
    pub p25: Option<Decimal>,
    /// Half of the ads have less.
    pub p50: Option<Decimal>,
    /// Three quarters of the ads have less.
    pub p75: Option<Decimal>,
}

impl Spread {
    /// The spread of these figures.
    pub(super) fn of(mut figures: Vec<Decimal>, is_clipped: bool) -> Self {
        figures.sort_unstable();
        if is_clipped {
            clip(&mut figures);
        }
        Self {
            ads: figures.len(),
            p25: percentile(&figures, 25),
            p50: percentile(&figures, 50),
            p75: percentile(&figures, 75),
        }
    }
}

/// Draws the first and last 2 % in to the order statistics at `floor(0.02 n)` and
/// `min(n - 1, ceil(0.98 n))`. With fewer than 50 figures these are the first and the last.
/// Quartiles do not feel it, being far from both ends; it is part of the rule.
pub(super) fn clip(sorted: &mut [Decimal]) {
    let count = sorted.len();
    let (low, high) = (
        count / 50,
        (count.saturating_mul(98).div_ceil(100)).min(count.saturating_sub(1)),
    );
    let (Some(&low), Some(&high)) = (sorted.get(low), sorted.get(high)) else {
        return;
    };
    if count >= CLIPPED_MIN {
        sorted
            .iter_mut()
            .for_each(|figure| *figure = (*figure).clamp(low, high));
    }
}

/// Linear interpolation between the closest ranks, at `percent / 100 * (n - 1)`.
pub(super) fn percentile(sorted: &[Decimal], percent: usize) -> Option<Decimal> {
    let place = sorted.len().checked_sub(1)?.checked_mul(percent)?;
    let (low, high) = (sorted.get(place / 100)?, sorted.get(place.div_ceil(100))?);
    let part = Decimal::from(place % 100).checked_div(Decimal::ONE_HUNDRED)?;
    let step = high.checked_sub(*low).and_then(|gap| gap.checked_mul(part));
    // The gap between a large negative and a large positive figure does not fit: then the lower one.
    let between = step.and_then(|step| low.checked_add(step)).unwrap_or(*low);
    Some(between.clamp(*low, *high).normalize())
}
