//! The job as it was at the time asked about, by the log of changes. Pure.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::{
    domain::{
        JobStatus,
        past::{Era, Firing, Logged, eras},
        schedule::{Period, Schedule},
    },
    store::{jobs::Job, runs::why::AttemptFacts},
};

use super::{JobNow, words::utc};

/// A job between the two changes that enclose a time.
#[derive(Clone, Debug, Serialize)]
pub struct Then {
    /// Its revision.
    pub revision: i32,
    /// When that was made; `None`: not recorded.
    pub since: Option<DateTime<Utc>>,
    /// When the next one was made; `None` while it is the present one.
    pub until: Option<DateTime<Utc>>,
    /// Where the job stood.
    pub status: JobStatus,
    /// Its expression; `None` for a one-time job.
    pub cron_expression: Option<String>,
    /// The schedule in words, when it can be read.
    pub sentence: Option<String>,
    /// The moment of a one-time job.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Whether the time was a fire time; `None` when the schedule cannot be read.
    pub is_fire: Option<bool>,
}

/// The era of `at`. `None`: the log does not reach so far back.
pub(super) fn then(
    job: &Job,
    log: &[Logged],
    attempts: &[AttemptFacts],
    at: DateTime<Utc>,
) -> Option<Then> {
    let eras = eras(firing(job), job.revision, log, at);
    let era = eras.into_iter().find(|era| era.has(at))?;
    let has_row = attempts.iter().any(|it| it.job_revision == era.revision);
    let is_known = era.since.is_some() || era.revision == 1 || has_row;
    is_known.then(|| Then::new(era, at))
}

/// The columns of a job that say when it fires.
pub(super) fn firing(job: &Job) -> Firing {
    let timing = &job.timing;
    Firing {
        status: job.status,
        cron_expression: timing.cron_expression.clone(),
        scheduled_at: timing.scheduled_at,
        timezone: timing.timezone.clone(),
        dst_gap_policy: timing.dst_gap_policy,
        dst_repeat_policy: timing.dst_repeat_policy,
        period: Period {
            starts_at: timing.starts_at,
            ends_at: timing.ends_at,
        },
    }
}

impl Then {
    fn new(era: Era, at: DateTime<Utc>) -> Self {
        let is_fire = match &era.schedule {
            Ok(Some(schedule)) => Some(schedule.explain(at).is_fire),
            Ok(None) => Some(era.firing.scheduled_at == Some(at)),
            Err(_) => None,
        };
        let schedule = era.schedule.as_ref().ok().and_then(Option::as_ref);
        Self {
            revision: era.revision,
            since: era.since,
            until: era.until,
            status: era.firing.status,
            sentence: schedule.map(Schedule::sentence),
            cron_expression: era.firing.cron_expression,
            scheduled_at: era.firing.scheduled_at,
            is_fire,
        }
    }
}

/// What was in force, when it was not what is now.
pub(super) fn told(job: &JobNow, then: Option<&Then>) -> Option<String> {
    let now = job.revision;
    let Some(then) = then else {
        return Some(format!(
            "Which schedule was in force then is not recorded: the log of changes does not reach \
             back from revision {now} to that time."
        ));
    };
    if then.revision == now {
        return None;
    }
    let what = match (&then.cron_expression, &then.sentence, then.scheduled_at) {
        (Some(cron), Some(sentence), _) => format!("`{cron}` ({sentence})"),
        (Some(cron), None, _) => format!("`{cron}`, which cannot be read"),
        (None, _, Some(time)) => format!("once, at {}", utc(time)),
        (None, _, None) => "once".to_owned(),
    };
    let verb = match then.is_fire {
        Some(true) => "was a fire time of that",
        Some(false) => "was not a fire time of that",
        None => "may have been a fire time of that",
    };
    let since = then.since.map(|time| format!("from {} ", utc(time)));
    let until = then.until.map_or_else(|| "now".to_owned(), utc);
    let (revision, status) = (then.revision, then.status);
    Some(format!(
        "Revision {revision} was in force then, {}until {until}: {what}, {status}. The time {verb}.",
        since.unwrap_or_default()
    ))
}
