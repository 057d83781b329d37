//! Of the jobs that ask Meta.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AdClassificationParams, ParameterError};
use crate::domain::bounded::Bounded;

/// Parameters of `asset_download`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AssetDownloadParams {
    /// Most videos to try in one run; 0 leaves videos out.
    pub max_videos: Bounded<0, 100>,
    /// Most images to try in one run; 0 leaves images out.
    pub max_images: Bounded<0, 200>,
    /// Runs `ad_classification` afterwards, with these parameters: it looks at what was downloaded. A run that fails
    /// has no run after it; its next attempt has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classify: Option<AdClassificationParams>,
}

impl Default for AssetDownloadParams {
    fn default() -> Self {
        Self {
            max_videos: Bounded::clamped(20),
            max_images: Bounded::clamped(40),
            classify: None,
        }
    }
}

/// Parameters of `meta_sync`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that people know by these names"
)]
pub struct MetaSyncParams {
    /// Days before today whose numbers are read, besides today's.
    pub days_back: Bounded<1, 90>,
    /// Days before today that are read again, as Meta still corrects them: conversions change for up to 28.
    pub restatement_days: Bounded<0, 28>,
    /// Backfill: the first day to read, instead of `days_back`; at most 37 months ago.
    pub since: Option<NaiveDate>,
    /// Backfill: the last day to read; without it, today.
    pub until: Option<NaiveDate>,
    /// Also reads ads that are not delivered in these days.
    pub include_inactive: bool,
    /// Leaves the numbers by age, gender and placement out.
    pub skip_demographics: bool,
    /// Most ads to look up where they lead to; 0 leaves destinations out.
    pub destination_limit: Bounded<0, 1000>,
    /// Most videos that `asset_download` tries afterwards; with 0 here and for images, it does not run.
    pub download_max_videos: Bounded<0, 100>,
    /// Most images that `asset_download` tries afterwards.
    pub download_max_images: Bounded<0, 200>,
    /// Runs `ad_classification` afterwards.
    pub auto_classify: bool,
    /// Most ads that it classifies anew.
    pub classify_max_new: Bounded<1, 500>,
    /// Most videos among them.
    pub classify_max_video: Bounded<0, 50>,
    /// Days back of the ads it looks at; without it, `days_back`.
    pub classify_days_back: Option<Bounded<1, 90>>,
    /// Whether it reads landing pages that are not known yet.
    pub scrape_missing_lp: bool,
}

impl Default for MetaSyncParams {
    fn default() -> Self {
        Self {
            days_back: Bounded::clamped(7),
            restatement_days: Bounded::clamped(28),
            since: None,
            until: None,
            include_inactive: false,
            skip_demographics: false,
            destination_limit: Bounded::clamped(100),
            download_max_videos: Bounded::clamped(20),
            download_max_images: Bounded::clamped(40),
            auto_classify: false,
            classify_max_new: Bounded::clamped(200),
            classify_max_video: Bounded::clamped(15),
            classify_days_back: None,
            scrape_missing_lp: true,
        }
    }
}

impl MetaSyncParams {
    /// What no single field can tell.
    ///
    /// # Errors
    /// [`ParameterError`] when the dates are not in order.
    pub fn check(&self) -> Result<(), ParameterError> {
        let problem = match (self.since, self.until) {
            (None, Some(_)) => "needs since: a backfill has a first day",
            (Some(since), Some(until)) if until < since => "is before since",
            _ => return Ok(()),
        };
        Err(ParameterError {
            field: "until".to_owned(),
            detail: problem.to_owned(),
        })
    }
}

/// Parameters of `demographic_backfill`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DemographicBackfillParams {
    /// Days before today whose numbers are read.
    pub target_days_back: Bounded<7, 180>,
}

impl Default for DemographicBackfillParams {
    fn default() -> Self {
        Self {
            target_days_back: Bounded::clamped(90),
        }
    }
}

/// Parameters of `destination_sync`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DestinationSyncParams {
    /// Most ads to look up in one run.
    pub destination_limit: Bounded<1, 1000>,
    /// Spend of so many days decides which ads come first.
    pub spend_window_days: Bounded<1, 90>,
}

impl Default for DestinationSyncParams {
    fn default() -> Self {
        Self {
            destination_limit: Bounded::clamped(250),
            spend_window_days: Bounded::clamped(30),
        }
    }
}

/// Parameters of `token_refresh`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TokenRefreshParams {
    /// Tokens that expire within so many days are extended.
    pub expiring_within_days: Bounded<1, 30>,
}

impl Default for TokenRefreshParams {
    fn default() -> Self {
        Self {
            expiring_within_days: Bounded::clamped(7),
        }
    }
}
