//! Rows of `scheduled_jobs`: what to run, when, with which parameters.

pub mod alike;
pub mod browse;
pub mod changes;
pub mod create;
pub mod edit;
pub mod first_time;
pub mod ledger;
mod owners;
pub mod prune;
pub mod read;
pub mod rules;
pub mod seen_rules;
mod words;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::{BrandId, JobId, JobStatus, JobType, ProductId, timing::Timing};

pub use owners::Owners;
pub use words::TriggerSource;

/// A job as people see it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub job_type: JobType,
    /// Whose data it works on; `None` for a job of the platform.
    pub brand_id: Option<BrandId>,
    /// That brand's name.
    pub brand_name: Option<String>,
    /// Which product, for job types that work on one.
    pub product_id: Option<ProductId>,
    /// What people call it.
    pub name: String,
    /// What its runs receive, unless a request says otherwise.
    pub parameters: Value,
    /// Who made it.
    pub trigger_source: TriggerSource,
    /// When it runs, and how it treats what goes wrong with that.
    pub timing: Timing,
    /// Where it stands. Changed by people (pause, resume, archive) and by a settled run.
    pub status: JobStatus,
    /// Why it is paused, in the words of the person who paused it.
    pub pause_reason: Option<String>,
    /// When the pause ends by itself; `None` when a person ends it.
    pub paused_until: Option<DateTime<Utc>>,
    /// The first fire time without a verdict. Moved by claims, edits and the reconciler.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Runs that completed.
    pub runs_completed: i32,
    /// What went wrong last; cleared by a success.
    pub last_error: Option<String>,
    /// Counts changes by people; an edit that names an older one is refused.
    pub revision: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its row changed last.
    pub updated_at: DateTime<Utc>,
}
