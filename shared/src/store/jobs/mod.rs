//! Rows of `scheduled_jobs`: what to run, when, with which parameters.

pub mod changes;
pub mod create;
pub mod edit;
pub mod ledger;
pub mod read;
pub mod rules;
mod words;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::{
    BrandId, JobId, JobStatus, JobType, MisfirePolicy, OverlapPolicy, ProductId,
    schedule::{GapPolicy, RepeatPolicy},
};

pub use words::{ScheduleType, TriggerSource};

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

/// The columns that say when a job runs, and how it treats overlaps, misfires and failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Once or again and again.
    pub schedule_type: ScheduleType,
    /// Five fields or a nickname; exactly for recurring jobs.
    pub cron_expression: Option<String>,
    /// The moment of a one-time job; `None` for one that was asked for at once.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Earlier fire times are none; only for recurring jobs.
    pub starts_at: Option<DateTime<Utc>>,
    /// Later fire times are none; only for recurring jobs.
    pub ends_at: Option<DateTime<Utc>>,
    /// IANA name of the zone in which the expression is read.
    pub timezone: String,
    /// What a fire time does that daylight saving skips.
    pub dst_gap_policy: GapPolicy,
    /// What a fire time does that daylight saving repeats.
    pub dst_repeat_policy: RepeatPolicy,
    /// What a tick does while the run before it is at work.
    pub overlap_policy: OverlapPolicy,
    /// What happens to ticks that nobody delivered.
    pub misfire_policy: MisfirePolicy,
    /// Most missed ticks that run, for [`MisfirePolicy::All`]; 1 to 100.
    pub misfire_limit: i32,
    /// Older ticks never run; 60 to 604,800 s.
    pub misfire_window_seconds: i32,
    /// Retries after the first attempt; 0 to 20.
    pub max_retries: i32,
    /// Completed runs after which the job has ended; `None` for no end.
    pub max_runs: Option<i32>,
}

impl Timing {
    /// A recurring job with the table's default policies.
    #[must_use]
    pub fn recurring(cron_expression: String, timezone: String) -> Self {
        Self {
            schedule_type: ScheduleType::Recurring,
            cron_expression: Some(cron_expression),
            scheduled_at: None,
            max_runs: None,
            ..Self::once(DateTime::UNIX_EPOCH, timezone)
        }
    }

    /// A one-time job with the table's default policies.
    #[must_use]
    pub fn once(scheduled_at: DateTime<Utc>, timezone: String) -> Self {
        Self {
            schedule_type: ScheduleType::OneTime,
            cron_expression: None,
            scheduled_at: Some(scheduled_at),
            starts_at: None,
            ends_at: None,
            timezone,
            dst_gap_policy: GapPolicy::default(),
            dst_repeat_policy: RepeatPolicy::default(),
            overlap_policy: OverlapPolicy::Skip,
            misfire_policy: MisfirePolicy::Latest,
            misfire_limit: 10,
            misfire_window_seconds: 86_400,
            max_retries: 3,
            max_runs: Some(1),
        }
    }
}
