//! What each job type receives. One definition: the API checks against it, the console draws its form
//! from it, and the handler reads it.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::bounded::Bounded;

/// Parameters that a job type does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct ParameterError {
    /// The parameter's path, as in `max_videos`; `.` for the parameters as a whole.
    pub field: String,
    /// What is wrong and what is allowed.
    pub detail: String,
}

/// Parameters as the handler's struct.
///
/// # Errors
/// [`ParameterError`] for an unknown key, a wrong type or a number out of bounds.
pub fn read_parameters<P: DeserializeOwned>(parameters: &Value) -> Result<P, ParameterError> {
    if !parameters.is_object() {
        // Serde would read a list as the fields in their order.
        let (field, detail) = (".".to_owned(), "must be an object".to_owned());
        return Err(ParameterError { field, detail });
    }
    serde_path_to_error::deserialize(parameters).map_err(|error| ParameterError {
        field: error.path().to_string(),
        detail: error.inner().to_string(),
    })
}

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

/// Which ads `ad_classification` looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdScope {
    /// Those that were shown or spent money in the window, and are not switched off.
    #[default]
    Active,
    /// Those that spent money in the window, switched off or not.
    Spend,
}

/// Parameters of `ad_classification`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdClassificationParams {
    /// Most ads to classify anew in one run; those whose content is known do not count.
    pub max_new: Bounded<1, 500>,
    /// Most videos among them; 0 leaves videos out.
    pub max_video: Bounded<0, 50>,
    /// Days, today included, in which an ad was shown or spent money.
    pub days_back: Bounded<1, 90>,
    /// Which ads.
    pub scope: AdScope,
    /// Reads the pages that these ads lead to, where they were not read in the last 30 days.
    pub scrape_missing_lp: bool,
    /// Looks at everything anew, though its content is known. It is paid again.
    pub force: bool,
}

impl Default for AdClassificationParams {
    fn default() -> Self {
        Self {
            max_new: Bounded::clamped(200),
            max_video: Bounded::clamped(15),
            days_back: Bounded::clamped(30),
            scope: AdScope::Active,
            scrape_missing_lp: false,
            force: false,
        }
    }
}

/// Parameters of `congruence_reanalysis`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CongruenceReanalysisParams {
    /// Most classifications to look at in one run, the newest first.
    pub batch_size: Bounded<1, 500>,
    /// Most questions to ask Gemini in one run.
    pub max_gemini_calls: Bounded<1, 500>,
    /// Only this brand's; without it, every brand's.
    pub brand_id: Option<Uuid>,
}

impl Default for CongruenceReanalysisParams {
    fn default() -> Self {
        Self {
            batch_size: Bounded::clamped(50),
            max_gemini_calls: Bounded::clamped(20),
            brand_id: None,
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::JobType;

    #[test]
    fn missing_parameters_take_their_defaults() {
        let params: AssetDownloadParams = read_parameters(&json!({})).unwrap();

        assert_eq!((params.max_videos.get(), params.max_images.get()), (20, 40));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = JobType::AssetDownload
            .check_parameters(&json!({ "max_downloads": 20 }))
            .unwrap_err();

        assert!(error.to_string().contains("max_downloads"), "{error}");
    }

    #[test]
    fn a_number_out_of_bounds_names_its_field_and_bounds() {
        for value in [json!(101), json!(-1), json!(10_000_000_000_i64)] {
            let error = JobType::AssetDownload
                .check_parameters(&json!({ "max_videos": value }))
                .unwrap_err();

            assert_eq!(error.field, "max_videos");
            assert!(error.detail.contains("from 0 to 100"), "{error}");
        }
    }

    #[test]
    fn parameters_are_an_object_and_nothing_else() {
        for value in [json!([]), json!([20, 40]), json!("{}"), json!(null)] {
            assert!(
                JobType::AssetDownload.check_parameters(&value).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_backfill_has_a_first_day_and_its_days_in_order() {
        for (parameters, problem) in [
            (json!({"until": "2026-03-01"}), Some("needs since")),
            (
                json!({"since": "2026-03-02", "until": "2026-03-01"}),
                Some("is before since"),
            ),
            (json!({"since": "2026-03-01", "until": "2026-03-01"}), None),
            (json!({"since": "2026-03-01"}), None),
        ] {
            let checked = JobType::MetaSync.check_parameters(&parameters);
            let told = checked.err().map(|error| error.to_string());
            assert_eq!(told.is_some(), problem.is_some(), "{parameters}");
            assert!(
                told.unwrap_or_default()
                    .contains(problem.unwrap_or_default())
            );
        }
    }
}
