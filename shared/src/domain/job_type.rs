//! The job types and the parameters each accepts.
//!
//! Adding one touches exactly: a variant here with a struct in `parameters`, a folder in `functions`,
//! a row in `migrations` (`job_types`) and an entry in `infra/aws/functions.tf.json`.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::parameters::{
    AdClassificationParams, AssetDownloadParams, CongruenceReanalysisParams,
    DemographicBackfillParams, DestinationSyncParams, MetaSyncParams, ParameterError,
    TokenRefreshParams, read_parameters,
};

/// What a job does, and which function does it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum JobType {
    /// Says what a brand's ads show and to whom they speak.
    AdClassification,
    /// Copies the images and videos of a brand's ads into the object store.
    AssetDownload,
    /// Compares videos with the pages behind them, where that was not done.
    CongruenceReanalysis,
    /// Reads past numbers of a brand's ads by age, gender and placement.
    DemographicBackfill,
    /// Finds out where a brand's ads lead to.
    DestinationSync,
    /// Reads a brand's ads and their numbers from Meta.
    MetaSync,
    /// Extends access tokens before they expire.
    TokenRefresh,
}

impl JobType {
    /// Every job type.
    pub const ALL: &[Self] = &[
        Self::AdClassification,
        Self::AssetDownload,
        Self::CongruenceReanalysis,
        Self::DemographicBackfill,
        Self::DestinationSync,
        Self::MetaSync,
        Self::TokenRefresh,
    ];

    /// The name everywhere: in SQL, in JSON, of the function and of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdClassification => "ad_classification",
            Self::AssetDownload => "asset_download",
            Self::CongruenceReanalysis => "congruence_reanalysis",
            Self::DemographicBackfill => "demographic_backfill",
            Self::DestinationSync => "destination_sync",
            Self::MetaSync => "meta_sync",
            Self::TokenRefresh => "token_refresh",
        }
    }

    /// The JSON Schema of this type's parameters, from the struct the handler receives.
    #[must_use]
    pub fn parameters_schema(self) -> Value {
        match self {
            Self::AdClassification => schema_for!(AdClassificationParams).to_value(),
            Self::AssetDownload => schema_for!(AssetDownloadParams).to_value(),
            Self::CongruenceReanalysis => schema_for!(CongruenceReanalysisParams).to_value(),
            Self::DemographicBackfill => schema_for!(DemographicBackfillParams).to_value(),
            Self::DestinationSync => schema_for!(DestinationSyncParams).to_value(),
            Self::MetaSync => schema_for!(MetaSyncParams).to_value(),
            Self::TokenRefresh => schema_for!(TokenRefreshParams).to_value(),
        }
    }

    /// Whether a job of this type may be created with `parameters`.
    ///
    /// # Errors
    /// [`ParameterError`] naming the field and what it may be.
    pub fn check_parameters(self, parameters: &Value) -> Result<(), ParameterError> {
        match self {
            Self::AdClassification => {
                read_parameters::<AdClassificationParams>(parameters).map(drop)
            }
            Self::AssetDownload => read_parameters::<AssetDownloadParams>(parameters).map(drop),
            Self::CongruenceReanalysis => {
                read_parameters::<CongruenceReanalysisParams>(parameters).map(drop)
            }
            Self::DemographicBackfill => {
                read_parameters::<DemographicBackfillParams>(parameters).map(drop)
            }
            Self::DestinationSync => read_parameters::<DestinationSyncParams>(parameters).map(drop),
            Self::MetaSync => read_parameters::<MetaSyncParams>(parameters)?.check(),
            Self::TokenRefresh => read_parameters::<TokenRefreshParams>(parameters).map(drop),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
