//! Reports that Meta prepares while we do something else.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::{GraphError, Meta, MetaError, ids::object_id, lenient::text, reads::GROUP_MAX};

/// How far a report has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportState {
    /// It is being prepared; so many percent are done.
    Pending(u8),
    /// Its rows can be read.
    Completed,
    /// It failed, as Meta explains.
    Failed(GraphError),
    /// It has expired, or Meta knows it no longer: it must be asked for anew.
    Gone,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "text")]
    async_status: Option<String>,
    async_percent_completion: Option<f64>,
    #[serde(deserialize_with = "text")]
    error_code: Option<String>,
    #[serde(deserialize_with = "text")]
    error_subcode: Option<String>,
    #[serde(deserialize_with = "text")]
    error_message: Option<String>,
}

impl From<Wire> for ReportState {
    /// Complete only when the status says so *and* everything is done: the status runs ahead of the rows.
    fn from(wire: Wire) -> Self {
        let percent = wire.async_percent_completion.unwrap_or_default();
        match wire.async_status.as_deref() {
            Some("Job Completed") if percent >= 100.0 => Self::Completed,
            Some("Job Failed") => Self::Failed(failure(&wire)),
            Some("Job Skipped") => Self::Gone,
            _ => Self::Pending(super::ids::percent(percent)),
        }
    }
}

/// Before v25 a failed report had no reason; it counts as passing then.
fn failure(wire: &Wire) -> GraphError {
    /// **Source:** Marketing API, "Insights: error codes", a failed report without another reason.
    const FAILED: i64 = -2;
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<i64>().ok());
    let error = json!({
        "code": number(&wire.error_code).unwrap_or(FAILED),
        "error_subcode": number(&wire.error_subcode),
        "message": wire.error_message.as_deref().unwrap_or("the report failed"),
    });
    GraphError::of(&error, 200)
}

impl Meta {
    /// How far these reports have come, by their numbers. Those that could not be asked about this time are left out.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn report_states(
        &self,
        reports: &[&str],
    ) -> Result<HashMap<String, ReportState>, MetaError> {
        let mut states = HashMap::new();
        for group in reports.chunks(GROUP_MAX) {
            for id in group {
                object_id(id)?;
            }
            for (id, answer) in group.iter().zip(self.batch(group).await?) {
                let state = match answer {
                    Ok(body) => serde_json::from_str::<Wire>(body.get())
                        .ok()
                        .map(ReportState::from),
                    Err(error) if error.class() == super::Class::MissingObject => {
                        Some(ReportState::Gone)
                    }
                    Err(error) if error.class() == super::Class::Transient => None,
                    Err(error) => return Err(error),
                };
                states.extend(state.map(|state| ((*id).to_owned(), state)));
            }
        }
        Ok(states)
    }
}
