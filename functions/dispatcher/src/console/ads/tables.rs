//! Figures of a brand's ads, each with a link to the ads it is made of.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use shared::{
    domain::{
        BrandId,
        classification::{Assessment, Dimension, Verdict},
    },
    store::{Tx, classifications},
};

use super::{figure, list_url, percent};
use crate::{console::words::spaced, reports::Numbers};

/// Ads with a hook.
pub(super) struct HookRow {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) ads: i64,
    pub(super) spend: String,
    pub(super) ctr: String,
    pub(super) cpc: String,
    pub(super) cost_per_purchase: String,
    pub(super) roas: String,
}

/// Ads of a verdict.
pub(super) struct VerdictRow {
    pub(super) name: &'static str,
    pub(super) look: &'static str,
    pub(super) what: &'static str,
    pub(super) url: String,
    pub(super) ads: i64,
    pub(super) spend: String,
}

/// A dimension, with a cell for each assessment.
pub(super) struct DimensionRow {
    pub(super) name: String,
    pub(super) weight: String,
    pub(super) cells: Vec<Option<(i64, String)>>,
}

/// All of a brand.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) hooks: Vec<HookRow>,
    pub(super) verdicts: Vec<VerdictRow>,
    pub(super) dimensions: Vec<DimensionRow>,
}

impl Tables {
    /// Reads them.
    ///
    /// # Errors
    /// [`sqlx::Error`] if Postgres does not answer.
    pub(super) async fn read(
        tx: &mut Tx,
        brand: BrandId,
        (days, days_back): (&RangeInclusive<NaiveDate>, i64),
    ) -> sqlx::Result<Self> {
        let hooks = classifications::hooks(tx, brand, days).await?;
        let verdicts = classifications::verdicts(tx, brand, days).await?;
        let dimensions = classifications::dimensions(tx, brand, days).await?;
        let url = |wanted: &[(&str, &str)]| list_url(brand, days_back, wanted);
        let hooks = hooks.into_iter().map(|hook| {
            let numbers = Numbers::of(&hook.sums);
            let word = hook.hook_type.as_deref().unwrap_or("unknown");
            HookRow {
                name: spaced(word),
                url: url(&[("hook_type", word)]),
                ads: hook.sums.ads,
                spend: figure(Some(numbers.spend), 2),
                ctr: percent(numbers.ctr),
                cpc: figure(numbers.cpc, 2),
                cost_per_purchase: figure(numbers.cost_per_purchase, 2),
                roas: figure(numbers.roas, 2),
            }
        });
        let verdicts = verdicts.into_iter().map(|share| VerdictRow {
            name: share.of.name(),
            look: look(share.of),
            what: what(share.of),
            url: url(&[("congruence", share.of.name())]),
            ads: share.ads,
            spend: figure(Some(share.spend), 2),
        });
        let row = |dimension: &Dimension| {
            let cell = |assessment: &Assessment| {
                let of = (*dimension, *assessment);
                let share = dimensions.iter().find(|share| share.of == of)?;
                let wanted = [
                    ("dimension", dimension.name()),
                    ("assessment", assessment.name()),
                ];
                Some((share.ads, url(&wanted)))
            };
            DimensionRow {
                name: spaced(dimension.name()),
                weight: percent(Some(dimension.weight())),
                cells: Assessment::ALL.iter().map(cell).collect(),
            }
        };
        let is_compared = !dimensions.is_empty();
        let rows = Dimension::ALL.iter().filter(|_| is_compared).map(row);
        Ok(Self {
            hooks: hooks.collect(),
            verdicts: verdicts.collect(),
            dimensions: rows.collect(),
        })
    }
}

/// How a verdict looks.
pub(super) const fn look(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Aligned => "good",
        Verdict::Misaligned => "bad",
        Verdict::Unscored => "",
    }
}

const fn what(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Aligned => "creative, text and page are a step of awareness apart at most",
        Verdict::Misaligned => "they are further apart",
        Verdict::Unscored => "creative or text has no level",
    }
}
