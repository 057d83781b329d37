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
    /// How far the pages are that ads lead to.
    #[serde(default)]
    pub(crate) pages: Pages,
    /// Why no more may be spent, once that is so.
    pub(crate) spent: Option<String>,
    /// Whether this is the run's first segment.
    #[serde(skip)]
    pub(crate) is_new: bool,
}

/// How far pages are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pages {
    /// Pages read.
    pub(crate) read: u64,
    /// Pages that could not be read.
    pub(crate) failed: u64,
    /// Whether all are read that should be.
    pub(crate) are_read: bool,
    /// In how many segments it was asked to whom they speak.
    pub(crate) rounds: u32,
    /// Whether that is over.
    pub(crate) are_judged: bool,
}

impl Place {
    /// Where the segment or attempt before has come to. A cursor that cannot be read is a beginning.
    pub(crate) fn resume(run: &Run<AdClassificationParams>) -> Self {
        let read = run.cursor.as_ref();
        let read = read.and_then(|cursor| Self::deserialize(cursor).ok());
        read.unwrap_or_else(|| Self {
            began: run.now(),
            pages: Pages::default(),
            spent: None,
            is_new: true,
        })
    }

    pub(crate) fn cursor(&self) -> Result<Value, JobError> {
        serde_json::to_value(self).map_err(JobError::retry("writing down how far the run has come"))
    }
}
