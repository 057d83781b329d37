//! What a job's schedule was: its present columns, and the log of their changes read backwards. Pure.
//!
//! Every change raises the job's revision by one and leaves a row per field with its old value. Where
//! the rows of a revision are missing, since it was made past the API or its rows are no longer kept,
//! nothing is known of what was before it.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    JobStatus,
    schedule::{GapPolicy, Period, RepeatPolicy, Schedule, ScheduleError},
};

/// The columns of a job that say when it fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// Where it stands.
    pub status: JobStatus,
    /// Five fields or a nickname; `None` for a one-time job.
    pub cron_expression: Option<String>,
    /// The moment of a one-time job.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// IANA name of the zone in which the expression is read.
    pub timezone: String,
    /// For wall-clock times that do not exist.
    pub dst_gap_policy: GapPolicy,
    /// For wall-clock times that come twice.
    pub dst_repeat_policy: RepeatPolicy,
    /// When it is in force.
    pub period: Period,
}

/// A changed field, as the log has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The revision the change made.
    pub revision: i32,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// A column of `scheduled_jobs`, or `job` for a new one.
    pub field: String,
    /// What it was; `None` for a new job, or when it says nothing about fire times.
    pub old_value: Option<Value>,
}

/// A job between two changes.
#[derive(Clone, Debug)]
pub struct Era {
    /// The revision that the first of the two made.
    pub revision: i32,
    /// When that was; fire times at this moment belong to the era before. `None`: not recorded.
    pub since: Option<DateTime<Utc>>,
    /// The last moment; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// Its columns when it ended, or now.
    pub firing: Firing,
    /// Its schedule; `None` for a one-time job. Or why it cannot be read.
    pub schedule: Result<Option<Schedule>, String>,
}

impl Firing {
    /// The schedule; `None` for a one-time job.
    ///
    /// # Errors
    /// [`ScheduleError`] when it cannot be read.
    pub fn schedule(&self) -> Result<Option<Schedule>, ScheduleError> {
        let (gap, repeat) = (self.dst_gap_policy, self.dst_repeat_policy);
        let parse = |cron: &String| Schedule::parse(cron, &self.timezone, gap, repeat);
        let schedule = self.cron_expression.as_ref().map(parse).transpose()?;
        Ok(schedule.map(|it| it.within(self.period)))
    }

    /// Whether its fire times count. An ended job has none, and no change tells when it ended.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.status, JobStatus::Active | JobStatus::Paused)
    }

    /// Takes back one change; `None` when the log holds what no column can.
    fn undo(&mut self, field: &str, old: &Value) -> Option<()> {
        match field {
            "status" => self.status = read(old)?,
            "cron_expression" => self.cron_expression = read(old)?,
            "scheduled_at" => self.scheduled_at = read(old)?,
            "timezone" => self.timezone = read(old)?,
            "dst_gap_policy" => self.dst_gap_policy = read(old)?,
            "dst_repeat_policy" => self.dst_repeat_policy = read(old)?,
            "starts_at" => self.period.starts_at = read(old)?,
            "ends_at" => self.period.ends_at = read(old)?,
            _ => {}
        }
        Some(())
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// The eras of a job that reach to `since` or beyond, oldest first, as far as `log` tells: the
/// changes since then and the one before, newest first. `now` is the job at its present `revision`.
#[must_use]
pub fn eras(now: Firing, revision: i32, log: &[Logged], since: DateTime<Utc>) -> Vec<Era> {
    let mut eras = vec![];
    let (mut firing, mut revision, mut until) = (now, revision, None);
    for change in log.chunk_by(|a, b| a.revision == b.revision) {
        let Some(first) = change.first().filter(|it| it.revision == revision) else {
            break;
        };
        eras.push(Era::new(
            revision,
            (Some(first.changed_at), until),
            firing.clone(),
        ));
        let is_first = first.field == "job";
        let mut old = change
            .iter()
            .filter_map(|it| Some((&it.field, it.old_value.as_ref()?)));
        let is_readable = old.all(|(field, old)| firing.undo(field, old).is_some());
        if is_first || !is_readable || first.changed_at < since {
            eras.reverse();
            return eras;
        }
        revision -= 1;
        until = Some(first.changed_at);
    }
    eras.push(Era::new(revision, (None, until), firing));
    eras.reverse();
    eras
}

impl Era {
    fn new(
        revision: i32,
        (since, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        firing: Firing,
    ) -> Self {
        Self {
            revision,
            since,
            until,
            schedule: firing.schedule().map_err(|error| error.to_string()),
            firing,
        }
    }

    /// Whether a fire time belongs to it, as far as is recorded.
    #[must_use]
    pub fn has(&self, fire: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| fire > since) && self.until.is_none_or(|until| fire <= until)
    }
}

#[cfg(test)]
mod tests;
