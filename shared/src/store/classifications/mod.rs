//! What ads say and to whom: rows of `ad_creative_classifications`; of `ad_classification_units`, which say what a run
//! has to look at and what became of it; and of `ad_classification_refusals`, which say what is not asked again.

mod compared;
mod facts;
mod listed;
mod plan;
mod read;
mod refusals;
mod report;
mod rows;
mod units;

pub use compared::{Except, Uncompared, compare, tell_level, uncompared};
pub use facts::{AdFacts, Page, facts};
pub use listed::{AdFilter, ClassifiedAd, list};
pub use plan::plan;
pub use read::{Reusable, Reuse, Stored, newest, reusable};
pub use refusals::{Asked, Refused, forget, refuse, refused};
pub use report::{HookSums, Share, Sums, dimensions, hooks, verdicts};
pub use rows::{Classification, Existing, insert};
pub use units::{Ending, Unit, finish_unit, mark_over_cap, pending, put_back, started, tally};

use rust_decimal::Decimal;

use crate::domain::classification::{Awareness, Level};

/// A level of two columns.
pub(super) fn level(awareness: Option<Awareness>, confidence: Option<Decimal>) -> Option<Level> {
    let awareness = awareness?;
    Some(Level {
        awareness,
        confidence,
    })
}
