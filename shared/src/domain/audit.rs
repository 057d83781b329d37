//! Expected against observed: which fire times should have a verdict, and which have one. Pure.
//!
//! Expected is every fire time that has a row, and every one that the job's present schedule names
//! from the moment it is known to be in force: since the job was created when it was never edited,
//! else since the first verdict under its present revision. What a job's schedule was before an
//! edit is not recorded, so of that time the rows count as they are and nothing can be found lost.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{JobId, RunStatus, misfire::ON_TIME, schedule::Schedule};

/// Fire times computed for one job: every minute of the longest window.
const FIRES_MAX: usize = 31 * 24 * 60 + 1;

/// Lost fire times told one by one; the others are counted.
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

/// What decides which fire times of a job should have a row.
#[derive(Clone, Debug)]
pub struct AuditedJob {
    /// The job.
    pub id: JobId,
    /// Its present schedule; `None` for a one-time job.
    pub schedule: Option<Schedule>,
    /// Whether it is paused.
    pub is_paused: bool,
    /// Its watermark; `None` when it has ended or was claimed for good.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Counts its edits, from 1.
    pub revision: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The revision of the last verdict before the window, when there is one.
    pub revision_before: Option<i32>,
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
    /// `unchecked` and `duplicates_suppressed` aside.
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
    /// Fire times of earlier revisions, which are counted but cannot be checked.
    pub unchecked: u64,
    /// Deliveries that found their fire time decided or their attempt begun, and did nothing.
    pub duplicates_suppressed: u64,
    /// How late first attempts started, in milliseconds, in no order.
    #[serde(skip)]
    pub lateness_ms: Vec<u64>,
}

/// An expected fire time without a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The job.
    pub job_id: JobId,
    /// The fire time.
    pub scheduled_for: DateTime<Utc>,
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
            self.observe(attempts, job.revision);
        }
        for fire in job.expected(attempts, window, now) {
            let has_row = attempts.binary_search_by_key(&fire, |it| it.scheduled_for);
            if has_row.is_err() {
                self.miss(job, fire, now);
            }
        }
    }

    /// One fire time, by all its attempts.
    fn observe(&mut self, attempts: &[Attempt], revision: i32) {
        let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
            return;
        };
        self.expected += 1;
        self.duplicates_suppressed += attempts.iter().map(|it| it.duplicates).sum::<u64>();
        self.unchecked += u64::from(first.job_revision < revision);
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

impl AuditedJob {
    /// The fire times in `window` and not after `now` that must have a row by the present schedule.
    fn expected(
        &self,
        attempts: &[Attempt],
        window: Window,
        now: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let Some(schedule) = &self.schedule else {
            let due = self.next_run_at.filter(|it| *it <= now);
            return due.into_iter().filter(|it| window.contains(*it)).collect();
        };
        let own = attempts.iter().filter(|it| self.is_own(it));
        let own: Vec<_> = own.map(|it| it.scheduled_for).collect();
        let Some(begin) = self.begin(own.first().copied(), window) else {
            return vec![];
        };
        // An ended schedule names nothing after its last verdict.
        let end = match self.next_run_at {
            Some(_) => Some(now.min(window.until - TimeDelta::nanoseconds(1))),
            None => own.last().copied(),
        };
        let begin = begin.max(window.since) - TimeDelta::nanoseconds(1);
        end.map_or_else(Vec::new, |end| {
            schedule.fires_between(begin, end, FIRES_MAX)
        })
    }

    /// Since when the present schedule is known to be in force.
    fn begin(&self, first_own: Option<DateTime<Utc>>, window: Window) -> Option<DateTime<Utc>> {
        if self.revision_before == Some(self.revision) {
            return Some(window.since);
        }
        if self.revision == 1 && window.contains(self.created_at) {
            return Some(self.created_at + TimeDelta::nanoseconds(1));
        }
        [first_own, self.next_run_at].into_iter().flatten().min()
    }

    fn is_own(&self, attempt: &Attempt) -> bool {
        attempt.attempt_number == 1 && attempt.job_revision == self.revision
    }

    /// Whether a fire time without a row will still get one in the usual course.
    fn awaits(&self, fire: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let is_ahead = self.next_run_at.is_some_and(|watermark| fire >= watermark);
        let waits_for_resume = self.schedule.is_none() && self.is_paused;
        is_ahead && (waits_for_resume || now - fire <= ON_TIME)
    }
}

#[cfg(test)]
mod tests;
