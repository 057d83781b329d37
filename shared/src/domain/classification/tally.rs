//! How a classification of a brand's ads went.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SkipReason;

/// How a run went, ad by ad; kept in its metadata. Each ad counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Ads that were classified anew.
    pub new_count: u64,
    /// Of these, videos.
    pub video_count: u64,
    /// Ads of which the same content was classified before.
    pub cached_count: u64,
    /// Ads that were left out.
    pub skipped_count: u64,
    /// Ads that something went wrong with.
    pub error_count: u64,
    /// Ads for another run: this one was allowed no more.
    pub over_cap_count: u64,
    /// Ads that are still to be looked at.
    pub pending_count: u64,
    /// Ads that were left out, by why: the words of [`super::SkipReason`].
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// Ads that something went wrong with, by kind.
    pub errors_by_kind: BTreeMap<String, u64>,
    /// What it cost, in millionths of a US dollar; what came to nothing included.
    pub cost_usd_micros: u64,
}

impl Tally {
    /// How many ads there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.new_count
            + self.cached_count
            + self.skipped_count
            + self.error_count
            + self.over_cap_count
            + self.pending_count
    }

    /// Ads that something went wrong with, videos included that could not be analysed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        let videos = SkipReason::VideoClassificationFailed.name();
        self.error_count
            + self
                .skipped_by_reason
                .get(videos)
                .copied()
                .unwrap_or_default()
    }

    /// Whether something went wrong with every ad that was looked at, and with at least one.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.failures() > 0 && self.new_count == 0 && self.cached_count == 0
    }

    /// Adds ads that were left out.
    #[must_use]
    pub fn skipped(mut self, reason: &str, count: u64) -> Self {
        self.skipped_count += count;
        *self.skipped_by_reason.entry(reason.to_owned()).or_default() += count;
        self
    }

    /// Adds ads that something went wrong with.
    #[must_use]
    pub fn failed(mut self, kind: &str, count: u64) -> Self {
        self.error_count += count;
        *self.errors_by_kind.entry(kind.to_owned()).or_default() += count;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed() -> Tally {
        let tally = Tally {
            new_count: 3,
            video_count: 1,
            cached_count: 40,
            over_cap_count: 500,
            pending_count: 6_000,
            cost_usd_micros: 1_234,
            ..Tally::default()
        };
        tally
            .skipped("missing_image", 70_000)
            .failed("blocked", 800_000)
            .failed("blocked", 1)
    }

    #[test]
    fn every_ad_counts_once() {
        assert_eq!(mixed().total(), 876_544);
        assert_eq!(mixed().error_count, 800_001);
    }

    #[test]
    fn a_run_fails_only_where_all_went_wrong() {
        assert!(Tally::default().failed("blocked", 1).is_failure());
        assert!(!mixed().is_failure());
        assert!(
            !Tally::default().is_failure(),
            "nothing to do is no failure"
        );
        let cached = Tally {
            cached_count: 1,
            ..Tally::default()
        };
        assert!(!cached.failed("blocked", 9).is_failure());
    }

    #[test]
    fn a_tally_is_kept_by_name() {
        let kept = serde_json::to_value(mixed()).unwrap();
        assert_eq!(kept["new_count"], 3);
        assert_eq!(kept["skipped_by_reason"]["missing_image"], 70_000);
        assert_eq!(kept["errors_by_kind"]["blocked"], 800_001);
        assert_eq!(kept["cost_usd_micros"], 1_234);
    }
}
