//! Failures of one cause, as the page shows them.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use shared::{
    domain::fingerprint::{Alike, Group},
    store::brands::BrandRow,
};

use super::act::RUNS_MAX;
use crate::console::{
    moment::Moment,
    run_row,
    words::{advice, spaced},
};

/// Runs of a cause that are shown one by one.
const RUNS_SHOWN: usize = 5;
/// Brands of a cause that are named.
const BRANDS_NAMED: usize = 3;

/// A cause with the runs that failed of it.
pub(super) type Failures = (Group, Vec<Alike>);

pub(super) struct Cause {
    pub(super) fingerprint: String,
    pub(super) job_type: String,
    pub(super) kind: &'static str,
    pub(super) pattern: String,
    pub(super) advice: &'static str,
    pub(super) count: usize,
    /// Those that one click acknowledges.
    pub(super) clicked: usize,
    /// Those that one click retries.
    pub(super) retried: usize,
    /// For whom, the first by name. None: for the platform.
    pub(super) brands: Vec<String>,
    pub(super) brands_untold: usize,
    pub(super) first_seen: Moment,
    pub(super) last_seen: Moment,
    pub(super) runs: Vec<(String, Moment, String)>,
}

impl Cause {
    /// `brands` in the order in which they are named.
    pub(super) fn of(
        group: Group,
        words: &[Alike],
        brands: &[BrandRow],
        now: DateTime<Utc>,
    ) -> Self {
        let idle: usize = words.iter().map(|it| it.idle).sum();
        let brands = brands.iter().filter(|it| group.brand_ids.contains(&it.id));
        let brands: Vec<_> = brands
            .take(BRANDS_NAMED)
            .map(|it| it.name.clone())
            .collect();
        Self {
            job_type: spaced(group.job_type.name()),
            kind: group.error_kind.name(),
            advice: advice(group.error_kind),
            pattern: group.pattern,
            count: group.count,
            clicked: group.count.min(RUNS_MAX),
            retried: idle.min(RUNS_MAX),
            brands_untold: group.brand_ids.len().saturating_sub(brands.len()),
            brands,
            first_seen: Moment::seen_from(group.first_seen, now),
            last_seen: Moment::seen_from(group.last_seen, now),
            runs: newest(words, now),
            fingerprint: group.fingerprint,
        }
    }
}

fn newest(words: &[Alike], now: DateTime<Utc>) -> Vec<(String, Moment, String)> {
    let runs = words
        .iter()
        .flat_map(|it| it.runs.iter().map(move |run| (run, &it.message)));
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by_key(|(run, _)| Reverse(run.failed_at));
    let shown = runs.into_iter().take(RUNS_SHOWN);
    let shown = shown.map(|(run, message)| {
        let at = Moment::seen_from(run.failed_at, now);
        (run_row::url(run.run_id), at, message.clone())
    });
    shown.collect()
}
