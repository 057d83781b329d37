//! How far a run has come. This is its cursor; what became of each ad is in `ad_classification_units`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{AdClassificationParams, JobError},
    runtime::Run,
};

/// How far a run has come.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// When it began. Its day in UTC is the last of the window.
    pub(crate) began: DateTime<Utc>,
    /// What came of reading the pages that ads lead to; `None` until that is over.
    #[serde(default)]
    pub(crate) pages: Option<Pages>,
    /// Why no more may be spent, once that is so.
    pub(crate) spent: Option<String>,
    /// Whether this is the run's first segment.
    #[serde(skip)]
    pub(crate) is_new: bool,
}

/// What came of reading pages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pages {
    pub(crate) read: u64,
    pub(crate) failed: u64,
}

impl Place {
    /// Where the segment or attempt before has come to. A cursor that cannot be read is a beginning.
    pub(crate) fn resume(run: &Run<AdClassificationParams>) -> Self {
        let read = run.cursor.as_ref();
        let read = read.and_then(|cursor| Self::deserialize(cursor).ok());
        read.unwrap_or_else(|| Self {
            began: run.now(),
            pages: None,
            spent: None,
            is_new: true,
        })
    }

    pub(crate) fn cursor(&self) -> Result<Value, JobError> {
        serde_json::to_value(self).map_err(JobError::retry("writing down how far the run has come"))
    }
}
