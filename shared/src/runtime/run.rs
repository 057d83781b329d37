//! What a handler holds while it works.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    clients::throttles::Throttles,
    domain::{
        BrandId, Clock, FollowUp, JobError, JobId, JobType, OrganizationId, RunId,
        follow_up::FOLLOW_UPS_MAX,
    },
    store::{
        Database,
        datasets::Step,
        logs::{self, Level, Line},
        runs::{
            Lease,
            settle::{self, Progress, Standing},
        },
    },
    telemetry,
};

/// Most lines of log kept between two checkpoints; what is beyond is counted, not kept.
const LINES_MAX: usize = 500;

/// A run at work: its parameters, whose it is, and the verbs a job needs.
#[derive(Debug)]
pub struct Run<P> {
    /// The run.
    pub id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// Whose work it is; `None` for the platform's.
    pub organization_id: Option<OrganizationId>,
    /// For which brand; `None` for the platform's.
    pub brand_id: Option<BrandId>,
    /// The job's parameters, as they were when the run was made.
    pub params: P,
    /// Where the segment or attempt before this one had come to.
    pub cursor: Option<Value>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Which segment of the attempt this is, from 1.
    pub segment: u32,
    pub(super) lease: Lease,
    pub(super) deadline: DateTime<Utc>,
    pub(super) clock: Clock,
    /// Within the scope of its organisation.
    pub(super) db: Database,
    pub(super) notes: Mutex<Notes>,
}

/// What a handler said and nobody has saved yet.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) lines: Vec<Line>,
    pub(super) dropped: usize,
    pub(super) progress: Option<Progress>,
    pub(super) steps: Vec<Step>,
    pub(super) counts: Map<String, Value>,
    /// Every wish of this invocation, and how many of them are in the row.
    pub(super) follow_ups: Vec<FollowUp>,
    follow_ups_saved: usize,
    /// Counts of vendors' refusals, and what they were when the run began to watch them.
    watched: Vec<(Throttles, u64)>,
}

impl Notes {
    /// How often vendors have told this invocation to slow down.
    pub(super) fn vendor_throttles(&self) -> u64 {
        let since = |(throttles, before): &(Throttles, u64)| throttles.total() - before;
        self.watched.iter().map(since).sum()
    }

    /// Wishes that are not in the row yet.
    pub(super) fn unsaved_follow_ups(&self) -> Vec<FollowUp> {
        let unsaved = self.follow_ups.iter().skip(self.follow_ups_saved);
        unsaved.cloned().collect()
    }

    /// The lines to save, with a last one that counts those left out.
    pub(super) fn take_lines(&mut self, now: DateTime<Utc>) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.lines);
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let message = format!("{dropped} more lines were not kept");
            lines.push(Line {
                at: now,
                level: Level::Warn,
                message,
            });
        }
        lines
    }
}

impl<P> Run<P> {
    /// The database, of which transactions see and write what is the run's organisation's. A run of the platform sees all.
    #[must_use]
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// How long the invocation may still work. Nought when its deadline has passed.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        (self.deadline - self.now())
            .to_std()
            .unwrap_or(Duration::ZERO)
    }

    /// Says something for the people who read the run. Saved at the next checkpoint.
    pub fn log(&self, level: Level, message: impl AsRef<str>) {
        let message = telemetry::redact(message.as_ref());
        tracing::debug!(run.id = %self.id, level = level.name(), message);
        let mut notes = self.notes();
        if notes.lines.len() < LINES_MAX {
            notes.lines.push(Line {
                at: self.clock.now(),
                level,
                message,
            });
        } else {
            notes.dropped += 1;
        }
    }

    /// Says how far the run has come, as in 3 of 60 "assets". Saved at the next checkpoint.
    pub fn progress(&self, done: u64, total: u64, unit: &'static str) {
        let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.notes().progress = Some(Progress {
            done: count(done),
            total: count(total),
            unit,
        });
    }

    /// Sets a figure that is kept in the run's `metadata` however the run ends, also badly.
    pub fn count(&self, name: &str, value: u64) {
        self.notes().counts.insert(name.to_owned(), value.into());
    }

    /// Counts what a client's vendor refuses from now on among the figures of this invocation, however it ends.
    pub fn watch(&self, throttles: &Throttles) {
        let before = throttles.total();
        self.notes().watched.push((throttles.clone(), before));
    }

    /// Notes that a step refreshed `dataset`, with how many records.
    pub fn step_succeeded(&self, dataset: &str, records: u64) {
        self.step(Step {
            dataset: dataset.to_owned(),
            result: Ok(records),
            is_partial: false,
            at: self.now(),
        });
    }

    /// Notes that a step could not refresh `dataset`, without failing the run.
    pub fn step_failed(&self, dataset: &str, error: &str) {
        self.step(Step {
            dataset: dataset.to_owned(),
            result: Err(telemetry::redact(error)),
            is_partial: false,
            at: self.now(),
        });
    }

    /// Notes that a step refreshed a part of `dataset` only: the dataset is not fresh, and the run need not fail.
    pub fn step_incomplete(&self, dataset: &str, error: &str) {
        self.step(Step {
            dataset: dataset.to_owned(),
            result: Err(telemetry::redact(error)),
            is_partial: true,
            at: self.now(),
        });
    }

    fn step(&self, step: Step) {
        let mut notes = self.notes();
        notes
            .steps
            .retain(|earlier| earlier.dataset != step.dataset);
        notes.steps.push(step);
    }

    /// Wishes for a run of another job, for the same brand and product, when this run completes;
    /// a run that fails for good or is cancelled has none. Saved at the next checkpoint, and kept
    /// for later segments and attempts. The same wish twice is one, also while an earlier run's
    /// waits.
    ///
    /// # Errors
    /// [`JobError::GiveUp`] when the type does not accept the parameters, or for more than
    /// [`FOLLOW_UPS_MAX`] wishes in one invocation.
    pub fn follow_up(
        &self,
        job_type: JobType,
        parameters: &impl Serialize,
    ) -> Result<(), JobError> {
        let follow_up = FollowUp::new(job_type, parameters)?;
        let mut notes = self.notes();
        if notes.follow_ups.contains(&follow_up) {
            return Ok(());
        }
        if notes.follow_ups.len() >= FOLLOW_UPS_MAX {
            let reason = format!("more than {FOLLOW_UPS_MAX} follow-ups");
            return Err(JobError::give_up(reason));
        }
        notes.follow_ups.push(follow_up);
        Ok(())
    }

    /// Saves log, progress, wishes and, if given, the cursor; a later attempt goes on from it.
    ///
    /// # Errors
    /// [`JobError::Cancelled`] when a person asked the run to stop, [`JobError::LeaseLost`] when
    /// it is no longer ours: return them. [`JobError::Retry`] when the database does not answer.
    pub async fn checkpoint(&self, cursor: Option<&Value>) -> Result<(), JobError> {
        let (lines, progress, follow_ups) = {
            let mut notes = self.notes();
            let lines = notes.take_lines(self.clock.now());
            (lines, notes.progress, notes.unsaved_follow_ups())
        };
        let standing = self
            .save(&lines, progress, cursor, &follow_ups)
            .await
            .map_err(JobError::retry("saving a checkpoint"))?;
        self.notes().follow_ups_saved += follow_ups.len();
        match standing {
            Standing::Good => Ok(()),
            Standing::CancelRequested => Err(JobError::Cancelled),
            Standing::LeaseLost => Err(JobError::LeaseLost),
        }
    }

    async fn save(
        &self,
        lines: &[Line],
        progress: Option<Progress>,
        cursor: Option<&Value>,
        follow_ups: &[FollowUp],
    ) -> sqlx::Result<Standing> {
        let mut tx = self.db.begin().await?;
        let standing =
            settle::checkpoint(&mut tx, self.lease, progress, cursor, follow_ups).await?;
        if standing == Standing::LeaseLost {
            return Ok(standing);
        }
        let segment = i32::try_from(self.segment).unwrap_or(i32::MAX);
        logs::append(&mut tx, self.id, segment, lines).await?;
        tx.commit().await?;
        Ok(standing)
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
