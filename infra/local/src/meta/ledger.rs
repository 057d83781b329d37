//! What was asked and what was served, so that a test can look back.

use std::{collections::VecDeque, sync::Mutex};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::faults::lock;

/// How many entries of each kind are kept; the oldest go first.
const ENTRIES_MAX: usize = 100_000;

/// A page of insights that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The account, with the prefix `act_`.
    pub account: String,
    /// The report it is from; `None` when it was asked for at once.
    pub report: Option<String>,
    /// `level`, as in a request.
    pub level: &'static str,
    /// The first day asked for.
    pub since: NaiveDate,
    /// The last day asked for.
    pub until: NaiveDate,
    /// `breakdowns`, as asked; empty without.
    pub breakdowns: String,
    /// `filtering`, as asked; empty without.
    pub filtering: String,
    /// The names of the fields asked for, with commas between.
    pub fields: String,
    /// The cursor asked for; `None` for the first page.
    pub after: Option<String>,
    /// How many rows it had.
    pub rows: usize,
    /// When it was served.
    pub at: DateTime<Utc>,
}

/// The last entries.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    served: Mutex<VecDeque<Served>>,
}

impl Ledger {
    /// Notes a page of insights.
    pub(super) fn note(&self, page: Served) {
        push(&mut lock(&self.served), page);
    }

    /// The pages of insights served so far.
    pub(super) fn served(&self) -> Vec<Served> {
        lock(&self.served).iter().cloned().collect()
    }

    /// Forgets the pages.
    pub(super) fn forget_served(&self) {
        lock(&self.served).clear();
    }
}

fn push<T>(entries: &mut VecDeque<T>, entry: T) {
    if entries.len() == ENTRIES_MAX {
        entries.pop_front();
    }
    entries.push_back(entry);
}
