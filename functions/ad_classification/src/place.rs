//! How far a run has come. This is its cursor; what became of each ad is in `ad_classification_units`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{AdClassificationParams, JobError},
    runtime::Run,
};

/// How far a run has come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The day when it began, in UTC: the last of the window.
    pub(crate) began_on: NaiveDate,
    /// Why no more may be spent, once that is so.
    pub(crate) spent: Option<String>,
    /// Whether this is the run's first segment.
    #[serde(skip)]
    pub(crate) is_new: bool,
}

impl Place {
    /// Where the segment or attempt before has come to. A cursor that cannot be read is a beginning.
    pub(crate) fn resume(run: &Run<AdClassificationParams>) -> Self {
        let read = run.cursor.as_ref();
        let read = read.and_then(|cursor| Self::deserialize(cursor).ok());
        read.unwrap_or_else(|| Self {
            began_on: run.now().date_naive(),
            spent: None,
            is_new: true,
        })
    }

    pub(crate) fn cursor(&self) -> Result<Value, JobError> {
        serde_json::to_value(self).map_err(JobError::retry("writing down how far the run has come"))
    }
}
