//! Counts of a run, carried from segment to segment and from attempt to attempt.

use serde::{Deserialize, Serialize};
use shared::{
    clients::meta::media::Kind,
    domain::{AssetDownloadParams, Report},
    store::assets::Standing,
};

/// Counts of one kind of medium. `attempted` counts ads, everything else media.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Counts {
    pub(crate) attempted: u64,
    pub(crate) downloaded: u64,
    pub(crate) reused: u64,
    pub(crate) not_downloadable: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    pub(crate) bytes: u64,
    /// Attempted ads of which some medium failed; another attempt may try them again.
    ads_failed: u64,
}

/// What a run has done so far. This is also its cursor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    pub(crate) videos: Counts,
    pub(crate) images: Counts,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.attempted += other.attempted;
        self.downloaded += other.downloaded;
        self.reused += other.reused;
        self.not_downloadable += other.not_downloadable;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.bytes += other.bytes;
        self.ads_failed += other.ads_failed;
    }

    fn forget_failures(&mut self) {
        self.attempted -= self.ads_failed.min(self.attempted);
        self.failed = 0;
        self.ads_failed = 0;
    }

    fn saved(&self) -> u64 {
        self.downloaded + self.reused
    }
}

impl Tally {
    /// Goes on where the segment before came to. A new attempt may try again what failed in the last one,
    /// without that counting twice against the limits.
    pub(crate) fn resume(cursor: Option<&serde_json::Value>, is_new_attempt: bool) -> Self {
        let mut tally = cursor
            .and_then(|cursor| Self::deserialize(cursor).ok())
            .unwrap_or_default();
        if is_new_attempt {
            tally.videos.forget_failures();
            tally.images.forget_failures();
        }
        tally
    }

    pub(crate) fn of(&mut self, kind: Kind) -> &mut Counts {
        match kind {
            Kind::Video => &mut self.videos,
            Kind::Image => &mut self.images,
        }
    }

    /// Notes that an ad selected as `kind` was worked on, and whether some medium of it failed.
    pub(crate) fn count_ad(&mut self, kind: Kind) {
        let has_failed = self.videos.failed + self.images.failed > 0;
        let counts = self.of(kind);
        counts.attempted += 1;
        counts.ads_failed += u64::from(has_failed);
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.videos.add(&other.videos);
        self.images.add(&other.images);
    }

    /// How many more ads of each kind may be tried.
    pub(crate) fn left(&self, params: &AssetDownloadParams) -> (u32, u32) {
        let left = |max: u32, counts: &Counts| {
            max.saturating_sub(u32::try_from(counts.attempted).unwrap_or(u32::MAX))
        };
        (
            left(params.max_videos.get(), &self.videos),
            left(params.max_images.get(), &self.images),
        )
    }

    pub(crate) fn attempted(&self) -> u64 {
        self.videos.attempted + self.images.attempted
    }

    /// Media that are kept now and were not before.
    pub(crate) fn saved(&self) -> u64 {
        self.videos.saved() + self.images.saved()
    }

    pub(crate) fn failed(&self) -> u64 {
        self.videos.failed + self.images.failed
    }

    pub(crate) fn cursor(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Every figure, for the run's metadata.
    pub(crate) fn report(&self, standing: &Standing) -> Report {
        let left = |eligible: i64| u64::try_from(eligible).unwrap_or(0);
        let mut report = Report::new();
        for (kind, counts, eligible_left) in [
            ("videos", &self.videos, left(standing.videos_eligible)),
            ("images", &self.images, left(standing.images_eligible)),
        ] {
            for (name, value) in [
                ("attempted", counts.attempted),
                ("downloaded", counts.downloaded),
                ("reused", counts.reused),
                ("not_downloadable", counts.not_downloadable),
                ("failed", counts.failed),
                ("skipped", counts.skipped),
                ("bytes", counts.bytes),
                ("eligible_left", eligible_left),
            ] {
                report = report.count(&format!("{kind}_{name}"), value);
            }
        }
        report
            .count(
                "downloaded",
                self.videos.downloaded + self.images.downloaded,
            )
            .count("bytes", self.videos.bytes + self.images.bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_reads_back_and_an_odd_one_counts_as_none() {
        let tally = Tally {
            images: Counts {
                attempted: 7,
                downloaded: 6,
                bytes: 99,
                failed: 1,
                ads_failed: 1,
                ..Counts::default()
            },
            ..Tally::default()
        };
        assert_eq!(Tally::resume(Some(&tally.cursor()), false), tally);
        assert_eq!(Tally::resume(Some(&json!("odd")), false), Tally::default());
        assert_eq!(Tally::resume(None, true), Tally::default());
    }

    #[test]
    fn a_new_attempt_may_try_failed_ads_again_and_only_those() {
        let tally = Tally {
            images: Counts {
                attempted: 7,
                downloaded: 5,
                failed: 3,
                ads_failed: 2,
                ..Counts::default()
            },
            ..Tally::default()
        };
        let params = AssetDownloadParams::default();
        assert_eq!(
            Tally::resume(Some(&tally.cursor()), false).left(&params),
            (20, 33)
        );
        let resumed = Tally::resume(Some(&tally.cursor()), true);
        assert_eq!(
            (resumed.left(&params), resumed.failed(), resumed.saved()),
            ((20, 35), 0, 5)
        );
    }

    #[test]
    fn limits_never_go_below_nothing() {
        let videos = Counts {
            attempted: 21,
            ..Counts::default()
        };
        let tally = Tally {
            videos,
            ..Tally::default()
        };
        assert_eq!(tally.left(&AssetDownloadParams::default()).0, 0);
    }
}
