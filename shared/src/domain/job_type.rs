//! The job types and the parameters each accepts.
//!
//! Adding one touches exactly: a variant and a struct here, a folder in `functions`, a row in
//! `migrations` (`job_types`) and an entry in `infra/aws/functions.tf.json`.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::bounded::Bounded;

/// What a job does, and which function does it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum JobType {
    /// Copies the images and videos of a brand's ads into the object store.
    AssetDownload,
}

impl JobType {
    /// Every job type.
    pub const ALL: &[Self] = &[Self::AssetDownload];

    /// The name everywhere: in SQL, in JSON, of the function and of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AssetDownload => "asset_download",
        }
    }

    /// The JSON Schema of this type's parameters, from the struct the handler receives.
    #[must_use]
    pub fn parameters_schema(self) -> Value {
        match self {
            Self::AssetDownload => schema_for!(AssetDownloadParams).to_value(),
        }
    }

    /// Whether a job of this type may be created with `parameters`.
    ///
    /// # Errors
    /// [`ParameterError`] naming the field and what it may be.
    pub fn check_parameters(self, parameters: &Value) -> Result<(), ParameterError> {
        match self {
            Self::AssetDownload => read_parameters::<AssetDownloadParams>(parameters).map(drop),
        }
    }
}

impl fmt::Display for JobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for JobType {
    type Err = UnknownJobType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|job_type| job_type.name() == name)
            .ok_or_else(|| UnknownJobType(name.chars().take(64).collect()))
    }
}

/// A name that is no job type.
#[derive(Debug, thiserror::Error)]
#[error("unknown job type {0:?}; known: {known}", known = known_names())]
pub struct UnknownJobType(String);

fn known_names() -> String {
    JobType::ALL
        .iter()
        .map(|job_type| job_type.name())
        .collect::<Vec<_>>()
        .join(", ")
}

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
}

impl Default for AssetDownloadParams {
    fn default() -> Self {
        Self {
            max_videos: Bounded::clamped(20),
            max_images: Bounded::clamped(40),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn the_schema_says_what_the_struct_accepts() {
        let schema = JobType::AssetDownload.parameters_schema();

        assert_eq!(
            schema.pointer("/properties/max_images/maximum"),
            Some(&json!(200))
        );
        assert_eq!(
            schema.pointer("/properties/max_videos/default"),
            Some(&json!(20))
        );
        assert_eq!(schema.get("additionalProperties"), Some(&json!(false)));
    }

    #[test]
    fn every_name_reads_back() {
        for job_type in JobType::ALL {
            assert_eq!(job_type.name().parse::<JobType>().unwrap(), *job_type);
            assert_eq!(
                serde_json::to_value(job_type).unwrap(),
                json!(job_type.name())
            );
        }
    }
}
