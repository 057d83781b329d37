//! Rows of `scheduled_job_runs`: the ledger.
//!
//! Every write of a run at work carries its lease's token; a worker that lost its lease changes
//! nothing.

use uuid::Uuid;

use crate::domain::{JobId, JobType, RunId};

pub mod acknowledged;
pub mod at_work;
pub mod audit;
pub mod chain;
pub mod claim;
pub mod dead;
pub mod duplicates;
pub mod follow_up;
mod newest;
pub mod outbox;
pub mod prune;
pub mod read;
pub mod request;
pub mod settle;
pub mod slots;
pub mod tick;
pub mod verdicts;
pub mod wake;
pub mod why;

pub use outbox::{due, expired, mark_announced, mark_sent, unannounced};

/// The right to write a run's progress and ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub run_id: RunId,
    /// Proof that nobody else has it.
    pub token: Uuid,
}

/// A pending run that should be on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueRun {
    /// The run.
    pub id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// The function that takes it.
    pub job_type: JobType,
}
