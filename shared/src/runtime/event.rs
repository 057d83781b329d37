//! What invokes a job function.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{JobId, RunId};

/// The two ways in. Scheduled rules and bus rules make these with an input transformer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The cloud's clock: a fire time of a job may have come.
    Tick {
        /// The job.
        job_id: JobId,
        /// When the clock says it is.
        time: DateTime<Utc>,
    },
    /// The bus: a pending run may start.
    Run {
        /// The run.
        run_id: RunId,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_rules_send_is_understood() {
        let id = "0192f0c1-2345-7abc-8def-0123456789ab";
        for event in [
            json!({ "kind": "tick", "job_id": id, "time": "2026-11-20T10:35:00Z" }),
            json!({ "kind": "run", "run_id": id }),
        ] {
            let read: Event = serde_json::from_value(event.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), event);
        }
    }
}
