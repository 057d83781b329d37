//! `schedules import-legacy --apply`: each converted schedule becomes an edit of its job, as the API
//! makes it, in a transaction of its own.
//!
//! Running it twice is safe: a job that is as it shall be is left alone, and one that somebody
//! edited since is refused.

use std::{error::Error, fmt};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use shared::{
    domain::{
        JobId, JobStatus,
        timing::{ScheduleType, Timing},
    },
    runtime::{self, Edited},
    store::{
        Database,
        jobs::{
            Job,
            changes::{self, Author},
            edit, read,
        },
    },
};

/// The name under which the log of changes knows this command.
const COMMAND: &str = "schedules import-legacy";

/// Changed fields looked at for one of this command: more than a person makes of one schedule.
const CHANGES_MAX: i64 = 1_000;

/// A schedule that a job shall have.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) job_id: JobId,
    /// The string to be replaced, as the input has it.
    pub(super) old: String,
    /// The revision that the input was made from, when it says so.
    pub(super) revision: Option<i32>,
    pub(super) expression: String,
    pub(super) timezone: String,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Applied {
    /// It has the new schedule.
    Changed {
        /// Its revision now.
        revision: i32,
        /// Its next fire.
        next_run_at: Option<DateTime<Utc>>,
    },
    /// It had it already.
    Unchanged,
    /// It was left as it is.
    Refused {
        /// Why.
        why: String,
    },
}

/// How many jobs ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// With a new schedule.
    pub changed: usize,
    /// As they were meant to be before.
    pub unchanged: usize,
    /// Left as they are.
    pub refused: usize,
    /// Rows that name no job.
    pub without_job: usize,
}

impl Total {
    pub(super) fn add(&mut self, applied: Option<&Applied>) {
        *match applied {
            Some(Applied::Changed { .. }) => &mut self.changed,
            Some(Applied::Unchanged) => &mut self.unchanged,
            Some(Applied::Refused { .. }) => &mut self.refused,
            None => &mut self.without_job,
        } += 1;
    }
}

/// Gives the job its new schedule, unless it has it or may not.
///
/// # Errors
/// When the database does not answer. The job is as it was then, or changed.
pub(super) async fn apply(
    db: &Database,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Applied, Box<dyn Error + Send + Sync>> {
    let mut tx = db.begin().await?;
    let Some((locked, job)) = runtime::open(&mut tx, wanted.job_id, now).await? else {
        return Ok(refused("there is no such job"));
    };
    let timing = Timing {
        cron_expression: Some(wanted.expression.clone()),
        timezone: wanted.timezone.clone(),
        ..job.timing.clone()
    };
    if timing == job.timing {
        return Ok(Applied::Unchanged);
    }
    let changes = changes::list(&mut tx, job.id, CHANGES_MAX).await?;
    let is_imported = changes.iter().any(|it| it.changed_by == COMMAND);
    if let Some(why) = wanted.refusal(&job, is_imported) {
        return Ok(refused(why));
    }
    let replan = match timing.replan(&job.timing, job.next_run_at, now) {
        Ok(replan) => replan,
        Err(error) => return Ok(refused(format!("{}: {error}", error.field()))),
    };
    let edited = Edited {
        name: &job.name,
        parameters: &job.parameters,
        timing: &timing,
        replan,
    };
    let author = Author { name: COMMAND, now };
    match runtime::edit(&mut tx, &locked, &edited, author).await {
        Err(error) if edit::is_already_scheduled(&error) => {
            return Ok(refused("another recurring job does the same thing"));
        }
        done => done?,
    };
    let job = read::get(&mut tx, job.id).await?;
    tx.commit().await?;
    let job = job.ok_or("the job is gone")?;
    Ok(Applied::Changed {
        revision: job.revision,
        next_run_at: job.next_run_at,
    })
}

fn refused(why: impl Into<String>) -> Applied {
    Applied::Refused { why: why.into() }
}

impl Wanted {
    /// Why this job may not be changed. A person's edit is worth more than the old system's string.
    fn refusal(&self, job: &Job, is_imported: bool) -> Option<String> {
        let (status, revision) = (job.status, job.revision);
        if !matches!(status, JobStatus::Active | JobStatus::Paused) {
            return Some(format!("the job is {status}"));
        }
        if job.timing.schedule_type != ScheduleType::Recurring {
            return Some("the job runs once".to_owned());
        }
        if let Some(known) = self.revision {
            return (known != revision).then(|| {
                format!("the job was edited meanwhile: it is at revision {revision}, not {known}")
            });
        }
        let present = job.timing.cron_expression.as_deref().unwrap_or_default();
        let is_old = present.split_whitespace().eq(self.old.split_whitespace());
        if is_imported || !is_old {
            return Some(format!(
                "the job was edited meanwhile: at revision {revision} it is `{present}` in {}; to \
                 change it all the same, give that revision as a fourth column",
                job.timing.timezone
            ));
        }
        None
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed {
                revision,
                next_run_at,
            } => {
                write!(f, "changed, revision {revision}")?;
                next_run_at.map_or(Ok(()), |next| {
                    let next = next.to_rfc3339_opts(SecondsFormat::Secs, true);
                    write!(f, ", next run {next}")
                })
            }
            Self::Unchanged => write!(f, "unchanged: it has this schedule"),
            Self::Refused { why } => write!(f, "refused: {why}"),
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            changed,
            unchanged,
            refused,
            without_job,
        } = self;
        write!(
            f,
            "{changed} jobs changed, {unchanged} unchanged, {refused} refused; \
             {without_job} rows name no job"
        )
    }
}
