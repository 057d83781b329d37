//! The runs that belong to a run: its attempts, those before it and those after it.

use chrono::{DateTime, Utc};
use shared::{domain::RunId, store::runs::chain::Link};

use crate::console::{
    moment::Moment,
    run_row::{self, took},
    words::{Badge, Standing, spaced},
};

/// A run that belongs to the one that is shown, or that one itself.
pub(super) struct Linked {
    pub(super) is_this: bool,
    pub(super) url: String,
    pub(super) job_name: String,
    pub(super) job_type: String,
    pub(super) attempt_number: i32,
    pub(super) badge: Badge,
    pub(super) took: Option<String>,
    pub(super) at: Moment,
    pub(super) error: Option<String>,
}

impl Linked {
    /// A link as it is at `now`, seen from the run `this`.
    pub(super) fn of(link: &Link, this: RunId, now: DateTime<Utc>) -> Self {
        let standing = Standing {
            status: link.status,
            reason: link.reason.as_deref(),
            is_due: link.run_after <= now,
            is_retried: false,
            is_acknowledged: false,
            has_warnings: false,
        };
        Self {
            is_this: link.id == this,
            url: run_row::url(link.id),
            job_name: link.job_name.clone(),
            job_type: spaced(link.job_type.name()),
            attempt_number: link.attempt_number,
            badge: Badge {
                why: None,
                ..standing.badge()
            },
            took: took(link.started_at, link.completed_at, now),
            at: Moment::seen_from(link.started_at.unwrap_or(link.run_after), now),
            error: link.error_message.clone(),
        }
    }
}
