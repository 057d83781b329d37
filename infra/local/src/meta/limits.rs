//! What makes requests too large, or impossible to answer, when a test says so.

use std::sync::Mutex;

use chrono::NaiveDate;
use serde::Deserialize;

use super::faults::lock;

/// How much one request may ask for, as posted to `/_control/limits`; `None` is any amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sizes {
    /// Rows of a synchronous insights request, all pages together.
    pub sync_rows_max: Option<usize>,
    /// Rows of a report.
    pub report_rows_max: Option<usize>,
    /// `limit` of any edge.
    pub page_limit_max: Option<usize>,
}

/// A day of an ad that cannot be reported, as posted to `/_control/poison`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poison {
    /// The ad.
    pub ad_id: String,
    /// The day.
    pub date: NaiveDate,
    /// Only requests with this field fail; `None` is all.
    pub field: Option<String>,
}

/// What was ordered.
#[derive(Debug, Default)]
pub(super) struct Limits {
    sizes: Mutex<Sizes>,
    poisons: Mutex<Vec<Poison>>,
}

impl Limits {
    /// The sizes in force.
    pub(super) fn sizes(&self) -> Sizes {
        *lock(&self.sizes)
    }

    /// Puts other sizes into force.
    pub(super) fn set_sizes(&self, sizes: Sizes) {
        *lock(&self.sizes) = sizes;
    }

    /// The days that cannot be reported.
    pub(super) fn poisons(&self) -> Vec<Poison> {
        lock(&self.poisons).clone()
    }

    /// Adds a day that cannot be reported.
    pub(super) fn poison(&self, poison: Poison) {
        lock(&self.poisons).push(poison);
    }

    /// Makes all days reportable.
    pub(super) fn cure(&self) {
        lock(&self.poisons).clear();
    }
}
