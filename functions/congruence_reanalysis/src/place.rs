//! How far a run has come. This is its cursor, and its report.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::domain::{ClassificationId, JobError, OrganizationId, Report};

/// How far a run has come.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    /// Videos beside their pages that Gemini was asked about.
    pub(crate) asked: u64,
    /// Of these, those that it compared.
    pub(crate) compared: u64,
    /// Those that it did not, and is not asked about again.
    pub(crate) unevaluated: u64,
    /// Those of which another run asks again.
    pub(crate) failed: u64,
    /// Why the first of them failed.
    pub(crate) first_failure: Option<String>,
    /// Classifications that were looked at, whatever came of it.
    pub(crate) looked_at: Vec<ClassificationId>,
    /// Organizations that may spend no more.
    pub(crate) spent_by: Vec<OrganizationId>,
    /// Why.
    pub(crate) spent: Vec<String>,
}

impl Place {
    /// Where the segment or attempt before has come to. A cursor that cannot be read is a beginning.
    pub(crate) fn resume(cursor: Option<&Value>) -> Self {
        let read = cursor.and_then(|cursor| Self::deserialize(cursor).ok());
        read.unwrap_or_default()
    }

    pub(crate) fn cursor(&self) -> Result<Value, JobError> {
        serde_json::to_value(self).map_err(JobError::retry("writing down how far the run has come"))
    }

    /// Every figure by its name.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 4] {
        [
            ("asked_count", self.asked),
            ("compared_count", self.compared),
            ("unevaluated_count", self.unevaluated),
            ("error_count", self.failed),
        ]
    }

    pub(crate) fn report(&self) -> Report {
        let mut report = Report::new();
        for (name, value) in self.counts() {
            report = report.count(name, value);
        }
        if let Some(failure) = &self.first_failure {
            let line = format!(
                "{} could not be compared; the first: {failure}",
                self.failed
            );
            report = report.warning(line);
        }
        for line in &self.spent {
            report = report.warning(line.clone());
        }
        report
    }
}
