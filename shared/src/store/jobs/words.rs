//! Words that only rows of `scheduled_jobs` use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who made a job.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TriggerSource {
    /// Somebody who wants it to run by itself.
    Scheduled,
    /// A person who wants it now.
    Manual,
    /// A program that wants it now.
    #[default]
    Api,
}

impl TriggerSource {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Manual => "manual",
            Self::Api => "api",
        }
    }
}
