//! Expected against observed: which fire times should have a verdict, and which have one. Pure.
//!
//! Expected is every fire time that has a row, and every one that the schedule in force at the time
//! names, as the log of changes tells it. Where the log does not reach, a schedule counts from the
//! first verdict under its revision on; of the time before the rows count as they are, nothing can
//! be found lost, and the answer says so.

mod expected;
mod verdicts;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{JobId, RunStatus};

pub use expected::AuditedJob;

/// Lost fire times, and jobs of unknown past, told one by one; the others are counted.
const TOLD_MAX: usize = 20;

/// From `since` up to, not including, `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first instant.
    pub since: DateTime<Utc>,
    /// The first instant after it.
    pub until: DateTime<Utc>,
}

impl Window {
    /// The longest window looked at. More fire times than a few dozen thousand tell no more.
    pub const LENGTH_MAX: TimeDelta = TimeDelta::days(31);

    /// Whether a fire time lies within.
    #[must_use]
    pub fn contains(&self, fire: DateTime<Utc>) -> bool {
        (self.since..self.until).contains(&fire)
    }
}

/// One attempt at a fire time.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The fire time.
    pub scheduled_for: DateTime<Utc>,
    /// 1 for the first.
    pub attempt_number: i32,
    /// The revision of the job it was made by.
    pub job_revision: i32,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it was skipped, in the ledger's word.
    pub reason: Option<String>,
    /// When its handler began.
    pub started_at: Option<DateTime<Utc>>,
    /// Whether another attempt follows.
    pub is_retried: bool,
    /// Deliveries that found it done or taken.
    pub duplicates: u64,
}

/// What became of the fire times of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Fire times that should have a verdict: the sum of all below, `completed_by_retry`,
    /// `unchecked`, `unknown` and `duplicates_suppressed` aside.
    pub expected: u64,
    /// Ended well.
    pub completed: u64,
    /// Those of `completed` that needed more than one attempt.
    pub completed_by_retry: u64,
    /// Failed, with no attempt left.
    pub dead_letters: u64,
    /// Failed, with another attempt to come.
    pub retrying: u64,
    /// Wait for their first attempt.
    pub pending: u64,
    /// At work.
    pub running: u64,
    /// Stopped on request.
    pub cancelled: u64,
    /// Did not run, by the ledger's reason.
    pub skipped: BTreeMap<String, u64>,
    /// Due for less than five minutes and without a row yet, or of a paused one-time job.
    pub awaiting: u64,
    /// Without a row although they should have one. Must be 0.
    pub lost: u64,
    /// The first of them.
    pub lost_first: Vec<Lost>,
    /// Fire times of revisions that the log does not reach, which are counted but cannot be checked.
    pub unchecked: u64,
    /// Jobs of whose schedules the log does not tell all that were in force.
    pub unknown: u64,
    /// The first of them.
    pub unknown_first: Vec<Unknown>,
    /// Deliveries that found their fire time decided or their attempt begun, and did nothing.
    pub duplicates_suppressed: u64,
    /// How late first attempts started, in milliseconds, in no order.
    #[serde(skip)]
    pub lateness_ms: Vec<u64>,
    /// As far as that was counted before, and each was not kept: how many first attempts started no later than so many
    /// seconds, and later than the next lower number that has a count; [`u64::MAX`] for all that were later still.
    #[serde(skip)]
    pub started_within: BTreeMap<u64, u64>,
}

/// An expected fire time without a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The job.
    pub job_id: JobId,
    /// The fire time.
    pub scheduled_for: DateTime<Utc>,
}

/// A job of which nothing can be found lost before a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The job.
    pub job_id: JobId,
    /// Since then its schedule is known.
    pub before: DateTime<Utc>,
}

impl Tally {
    /// Counts the fire times of one job in `window`, seen from `now`. `attempts` are those at its
    /// fire times within the window, in the order of fire time and attempt.
    pub fn count(
        &mut self,
        job: &AuditedJob,
        attempts: &[Attempt],
        window: Window,
        now: DateTime<Utc>,
    ) {
        for attempts in attempts.chunk_by(|a, b| a.scheduled_for == b.scheduled_for) {
            self.observe(attempts, job.oldest_revision());
        }
        if let Some(before) = job.unknown_before(attempts, window) {
            self.unknown += 1;
            if self.unknown_first.len() < TOLD_MAX {
                let job_id = job.id;
                self.unknown_first.push(Unknown { job_id, before });
            }
        }
        for fire in job.expected(attempts, window, now) {
            let has_row = attempts.binary_search_by_key(&fire, |it| it.scheduled_for);
            if has_row.is_err() {
                self.miss(job, fire, now);
            }
        }
    }

    /// One fire time, by all its attempts. `oldest` is the first revision that is known.
    fn observe(&mut self, attempts: &[Attempt], oldest: i32) {
        let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
            return;
        };
        self.expected += 1;
        self.duplicates_suppressed += attempts.iter().map(|it| it.duplicates).sum::<u64>();
        self.unchecked += u64::from(first.job_revision < oldest);
        if let Some(started_at) = first.started_at.filter(|_| first.attempt_number == 1) {
            let late = (started_at - first.scheduled_for).num_milliseconds();
            self.lateness_ms.push(u64::try_from(late).unwrap_or(0));
        }
        match last.status {
            RunStatus::Completed => {
                self.completed += 1;
                self.completed_by_retry += u64::from(last.attempt_number > 1);
            }
            RunStatus::Failed if last.is_retried => self.retrying += 1,
            RunStatus::Failed => self.dead_letters += 1,
            RunStatus::Pending | RunStatus::Running if last.attempt_number > 1 => {
                self.retrying += 1;
            }
            RunStatus::Pending => self.pending += 1,
            RunStatus::Running => self.running += 1,
            RunStatus::Cancelled => self.cancelled += 1,
            RunStatus::Skipped => {
                let reason = last.reason.clone().unwrap_or_default();
                *self.skipped.entry(reason).or_default() += 1;
            }
        }
    }

    fn miss(&mut self, job: &AuditedJob, fire: DateTime<Utc>, now: DateTime<Utc>) {
        self.expected += 1;
        if job.awaits(fire, now) {
            self.awaiting += 1;
            return;
        }
        self.lost += 1;
        if self.lost_first.len() < TOLD_MAX {
            self.lost_first.push(Lost {
                job_id: job.id,
                scheduled_for: fire,
            });
        }
    }

    /// Fire times that were meant to run and have come to an end, the lost included.
    #[must_use]
    pub fn decided(&self) -> u64 {
        let not_run = ["missed", "overlap"].iter();
        let not_run: u64 = not_run.filter_map(|it| self.skipped.get(*it)).sum();
        self.completed + self.dead_letters + not_run + self.lost
    }

    /// The share of [`Self::decided`] that completed, in hundredths of a per cent, rounded down.
    /// `None` when nothing was decided.
    #[must_use]
    pub fn completed_basis_points(&self) -> Option<u64> {
        (self.completed * 10_000).checked_div(self.decided())
    }

    /// The start lateness that `percent` of the started fire times did not exceed, by the nearest
    /// rank. `None` when none started.
    #[must_use]
    pub fn lateness_percentile(&self, percent: usize) -> Option<u64> {
        let mut sorted = self.lateness_ms.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests;
