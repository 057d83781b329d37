//! What each job type receives. One definition: the API checks against it, the console draws its form
//! from it, and the handler reads it.

mod gemini;
mod meta;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub use gemini::{AdClassificationParams, AdScope, CongruenceReanalysisParams};
pub use meta::{
    AssetDownloadParams, DemographicBackfillParams, DestinationSyncParams, MetaSyncParams,
    TokenRefreshParams,
};

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
