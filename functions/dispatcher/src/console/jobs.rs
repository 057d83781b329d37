//! Jobs: lists, one of them, forms, and what one does to them.

pub(super) mod actions;
pub(super) mod bulk;
mod changes;
mod days;
mod fields;
pub(super) mod fires;
pub(super) mod form;
pub(super) mod list;
pub(super) mod page;
mod preview;
mod recurrence;
mod row;
pub(super) mod search;

use shared::{domain::JobId, store::jobs::Job};

/// Where a job is shown.
pub(super) fn url(id: JobId) -> String {
    format!("/console/jobs/{id}")
}

/// When a job runs, in words.
pub(super) fn sentence(job: &Job) -> String {
    crate::jobs::view::sentence(job).unwrap_or_else(|| {
        let cron = job.timing.cron_expression.as_deref().unwrap_or_default();
        let zone = &job.timing.timezone;
        format!("Cannot be read: {cron:?} in {zone:?}")
    })
}
