//! Edits of a job by people: the API's and the command line's are these.
//!
//! A new schedule counts from now: fire times of the old one that are due and have no verdict are
//! superseded, and nothing fires that neither schedule names.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{account::skip_overdue, end_pause};
use crate::{
    domain::{
        JobId,
        run::SkipReason,
        timing::{Replan, Timing},
    },
    store::{
        Tx,
        jobs::{
            Job,
            changes::{self, Author},
            edit::{self, Edit},
            ledger::{self, LockedJob},
            read,
        },
        runs::tick,
    },
};

/// Fire times in a row that were skipped and are passed over when a schedule is set anew. What is
/// beyond does not run either: it has its row.
const SKIPPED_MAX: usize = 100;

/// A job as it shall be. Unchanged fields carry their old value.
#[derive(Clone, Copy, Debug)]
pub struct Edited<'a> {
    /// What people call it; 1 to 200 characters.
    pub name: &'a str,
    /// Checked by the job type.
    pub parameters: &'a Value,
    /// When it runs.
    pub timing: &'a Timing,
    /// What becomes of its watermark, by [`Timing::replan`].
    pub replan: Replan,
}

/// Locks a job to change it. A pause that is over has ended. `None`: there is no such job.
///
/// # Errors
/// When the database does not answer.
pub async fn open(
    tx: &mut Tx,
    id: JobId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(LockedJob, Job)>> {
    let Some(locked) = ledger::lock(tx, id).await? else {
        return Ok(None);
    };
    let locked = end_pause(tx, locked, now).await?;
    let job = read::get(tx, id).await?;
    Ok(job.map(|job| (locked, job)))
}

/// Edits a live job that the caller has [`open`]ed: its overdue fire times get their verdict, its
/// revision rises, and the change is logged. `false`: nothing differs, and nothing was written.
///
/// # Errors
/// When the database does not answer, or another recurring job already does the same thing for
/// the same owner ([`edit::is_already_scheduled`]). The transaction cannot be used any more then.
pub async fn edit(
    tx: &mut Tx,
    job: &LockedJob,
    edited: &Edited<'_>,
    author: Author<'_>,
) -> sqlx::Result<bool> {
    let next_run_at = match edited.replan {
        Replan::Kept(watermark) => watermark,
        Replan::Anew(first) => {
            skip_overdue(tx, job, SkipReason::Superseded, author.now).await?;
            edit::supersede_waiting(tx, job.id, author.now).await?;
            Some(first_unskipped(tx, job.id, edited.timing, first).await?)
        }
    };
    let before = changes::before(tx, job.id).await?;
    let edit = Edit {
        name: edited.name,
        parameters: edited.parameters,
        timing: edited.timing,
        next_run_at,
    };
    edit::edit(tx, job.id, &edit).await?;
    changes::record(tx, job.id, &before, author).await
}

/// The first fire time from `next` on that nobody wanted left out. A schedule that is set anew does
/// not bring back what was skipped.
///
/// # Errors
/// When the database does not answer.
pub async fn first_unskipped(
    tx: &mut Tx,
    id: JobId,
    timing: &Timing,
    mut next: DateTime<Utc>,
) -> sqlx::Result<DateTime<Utc>> {
    let Ok(Some(schedule)) = timing.schedule() else {
        return Ok(next);
    };
    for _ in 0..SKIPPED_MAX {
        if !tick::is_skipped_on_request(tx, id, next).await? {
            break;
        }
        let Some(after) = schedule.next_after(next) else {
            break;
        };
        next = after;
    }
    Ok(next)
}
