//! Which fire times of a job should have a row.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Attempt, Window};
use crate::domain::{JobId, JobStatus, misfire::ON_TIME, past::Era};

/// Fire times computed for one schedule: every minute of the longest window.
const FIRES_MAX: usize = 31 * 24 * 60 + 1;

const INSTANT: TimeDelta = TimeDelta::nanoseconds(1);

/// What decides which fire times of a job should have a row.
#[derive(Clone, Debug)]
pub struct AuditedJob {
    /// The job.
    pub id: JobId,
    /// What it was in the window and is, oldest first; the last one lasts.
    pub eras: Vec<Era>,
    /// Its watermark; `None` when it has ended or was claimed for good.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The revision of the last verdict before the window, when there is one.
    pub revision_before: Option<i32>,
}

impl AuditedJob {
    /// The fire times in `window` and not after `now` that must have a row, in order.
    pub(super) fn expected(
        &self,
        attempts: &[Attempt],
        window: Window,
        now: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let last = now.min(window.until - INSTANT);
        let eras = self.eras.iter();
        let mut fires: Vec<_> = eras
            .flat_map(|era| self.expected_of(era, attempts, window, last))
            .collect();
        // A one-time job that is due when it is changed is due in both eras.
        fires.sort_unstable();
        fires.dedup();
        fires
    }

    fn expected_of(
        &self,
        era: &Era,
        attempts: &[Attempt],
        window: Window,
        last: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let Ok(schedule) = &era.schedule else {
            return vec![];
        };
        if let (None, None) = (schedule, era.until) {
            let due = self.next_run_at.filter(|it| *it <= last);
            return due.into_iter().filter(|it| window.contains(*it)).collect();
        }
        let begin = self.begin(era, attempts, window);
        let (Some(begin), Some(end)) = (begin, end(era, attempts, last)) else {
            return vec![];
        };
        let begin = begin.max(window.since);
        match schedule {
            Some(schedule) => schedule.fires_between(begin - INSTANT, end, FIRES_MAX),
            None => {
                let due = era.firing.scheduled_at.into_iter();
                due.filter(|it| (begin..=end).contains(it)).collect()
            }
        }
    }

    /// The first instant at which an era is known to be in force.
    fn begin(&self, era: &Era, attempts: &[Attempt], window: Window) -> Option<DateTime<Utc>> {
        if let Some(since) = era.since {
            return Some(since + INSTANT);
        }
        if self.revision_before == Some(era.revision) {
            return Some(window.since);
        }
        if era.revision == 1 && window.contains(self.created_at) {
            return Some(self.created_at + INSTANT);
        }
        let first_own = own(era, attempts).map(|it| it.scheduled_for).min();
        let watermark = self.next_run_at.filter(|_| era.until.is_none());
        [first_own, watermark].into_iter().flatten().min()
    }

    /// The first revision of which the schedule is known.
    pub(super) fn oldest_revision(&self) -> i32 {
        self.eras.first().map_or(1, |era| era.revision)
    }

    /// When the known past begins, if that is within `window`.
    pub(super) fn unknown_before(
        &self,
        attempts: &[Attempt],
        window: Window,
    ) -> Option<DateTime<Utc>> {
        let oldest = self.eras.first().filter(|era| era.revision > 1)?;
        let begin = self.begin(oldest, attempts, window).or(oldest.until);
        let begin = begin.map_or(window.until, |it| it.min(window.until));
        (begin > window.since).then_some(begin)
    }

    /// Whether a fire time without a row will still get one in the usual course.
    pub(super) fn awaits(&self, fire: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let is_ahead = self.next_run_at.is_some_and(|watermark| fire >= watermark);
        let waits_for_resume = self.eras.last().is_some_and(|era| {
            era.firing.cron_expression.is_none() && era.firing.status == JobStatus::Paused
        });
        is_ahead && (waits_for_resume || now - fire <= ON_TIME)
    }
}

/// The last instant at which an era is known to be in force, up to `last`. A schedule that ended by
/// itself names nothing after its last verdict.
fn end(era: &Era, attempts: &[Attempt], last: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let last = era.until.map_or(last, |until| until.min(last));
    if era.firing.is_live() {
        return Some(last);
    }
    let last_own = own(era, attempts).map(|it| it.scheduled_for).max();
    last_own.map(|it| it.min(last))
}

/// The first attempts that an era's revision made in its time.
fn own<'a>(era: &'a Era, attempts: &'a [Attempt]) -> impl Iterator<Item = &'a Attempt> {
    attempts.iter().filter(|it| {
        it.attempt_number == 1 && it.job_revision == era.revision && era.has(it.scheduled_for)
    })
}
