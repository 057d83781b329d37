//! Why a run did or did not happen at a time: gathers what the ledger and the cloud have recorded.
//! The sentences are made of that and nothing else.

mod attempts;
mod rule;
mod sentences;
mod then;
mod words;

use std::error::Error;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    domain::{
        JobId, JobStatus,
        schedule::{Explained, Schedule},
    },
    store::{
        Tx,
        jobs::{Job, changes, read},
        runs::{
            slots::{self, Slots},
            why::{self, AttemptFacts, Holder},
        },
    },
};

use crate::{error::Failure, rules::Schedules};

use rule::rule_state;

pub use {rule::RuleState, then::Then};

/// Attempts told at one fire time; the schema admits 21 of one chain.
const ATTEMPTS_MAX: i64 = 50;

/// Changed fields read back from now. What is before them counts as not recorded.
const CHANGES_MAX: i64 = 10_000;

/// The time asked about.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// An instant.
    Instant(DateTime<Utc>),
    /// A time on the wall clock of the schedule's zone.
    WallClock(NaiveDateTime),
}

/// Everything recorded about one job and one time.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// The answer in sentences, made of the facts below.
    pub sentences: Vec<String>,
    /// When the answer was given.
    pub now: DateTime<Utc>,
    /// The time in question; `None` for a job that has no schedule.
    pub at: Option<DateTime<Utc>>,
    /// The job as it is now.
    pub job: JobNow,
    /// What the present schedule says about the time; `None` for a one-time job, or when the
    /// schedule cannot be read.
    pub schedule: Option<Explained>,
    /// Why the present schedule cannot be read.
    pub schedule_error: Option<String>,
    /// The job at the time; `None` when the log of changes does not reach so far back.
    pub then: Option<Then>,
    /// The attempts at the time, in order. None: it has no row.
    pub attempts: Vec<AttemptFacts>,
    /// The run that kept the first attempt from starting.
    pub held_by: Option<Holder>,
    /// The slots it waits for, when the newest attempt waits for one.
    pub slots: Option<Slots>,
    /// The job's rule in the cloud.
    pub rule: RuleState,
}

/// A job, as far as it explains its runs.
#[derive(Clone, Debug, Serialize)]
pub struct JobNow {
    /// Its id.
    pub id: JobId,
    /// What people call it.
    pub name: String,
    /// What it does.
    pub job_type: &'static str,
    /// Where it stands.
    pub status: JobStatus,
    /// Why it is paused.
    pub pause_reason: Option<String>,
    /// When its pause ends by itself.
    pub paused_until: Option<DateTime<Utc>>,
    /// Counts its edits, from 1.
    pub revision: i32,
    /// Its expression; `None` for a one-time job.
    pub cron_expression: Option<String>,
    /// The schedule in words, when it can be read.
    pub sentence: Option<String>,
    /// IANA name of its zone.
    pub timezone: String,
    /// The moment of a one-time job.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Earlier fire times are none.
    pub starts_at: Option<DateTime<Utc>>,
    /// Later fire times are none.
    pub ends_at: Option<DateTime<Utc>>,
    /// The first fire time without a verdict.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Retries after the first attempt.
    pub max_retries: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Gathers and explains. `None`: there is no such job.
///
/// # Errors
/// [`Failure`] when the database does not answer. A cloud that does not answer is a fact.
pub async fn why(
    schedules: &Schedules,
    id: JobId,
    asked: Option<Asked>,
) -> Result<Option<Why>, Failure> {
    let now = schedules.clock.now();
    let facts = async {
        let mut tx = schedules.db.begin().await?;
        let facts = ledger_facts(&mut tx, id, asked, now).await?;
        tx.commit().await?;
        Ok::<_, Box<dyn Error + Send + Sync>>(facts)
    };
    let facts = facts
        .await
        .map_err(Failure::while_doing("reading the ledger"))?;
    let Some(mut why) = facts else {
        return Ok(None);
    };
    why.rule = rule_state(schedules, id).await?;
    why.sentences = sentences::of(&why);
    Ok(Some(why))
}

async fn ledger_facts(
    tx: &mut Tx,
    id: JobId,
    asked: Option<Asked>,
    now: DateTime<Utc>,
) -> Result<Option<Why>, Box<dyn Error + Send + Sync>> {
    let Some(job) = read::get(tx, id).await? else {
        return Ok(None);
    };
    let parsed = parse(&job);
    let schedule = parsed.as_ref().ok().and_then(Option::as_ref);
    let at = time_asked(&job, schedule, asked, now);
    let attempts = match at {
        Some(at) => why::attempts(tx, id, at, ATTEMPTS_MAX).await?,
        None => vec![],
    };
    let held_by = match attempts.first().and_then(held_since) {
        Some(moment) => why::holder(tx, id, moment).await?,
        None => None,
    };
    let is_capped = |it: &AttemptFacts| it.reason.as_deref() == Some("capped");
    let slots = match attempts.last().is_some_and(is_capped) {
        true => slots::of_job(tx, id, now).await?,
        false => None,
    };
    let then = match at {
        Some(at) => then_of(tx, &job, &attempts, at).await?,
        None => None,
    };
    Ok(Some(Why {
        sentences: vec![],
        now,
        at,
        schedule: schedule.zip(at).map(|(schedule, at)| schedule.explain(at)),
        schedule_error: parsed.as_ref().err().cloned(),
        job: job_now(job, schedule),
        then,
        attempts,
        held_by,
        slots,
        rule: RuleState::default(),
    }))
}

async fn then_of(
    tx: &mut Tx,
    job: &Job,
    attempts: &[AttemptFacts],
    at: DateTime<Utc>,
) -> Result<Option<Then>, Box<dyn Error + Send + Sync>> {
    let log = changes::logged_since(tx, (job.id, job.id), at, CHANGES_MAX).await?;
    let log: Vec<_> = log.into_iter().map(|(_, logged)| logged).collect();
    Ok(then::then(job, &log, attempts, at))
}

/// The moment at which an attempt found another run of its job at work.
fn held_since(attempt: &AttemptFacts) -> Option<DateTime<Utc>> {
    (attempt.reason.as_deref() == Some("overlap"))
        .then(|| attempt.completed_at.unwrap_or(attempt.created_at))
}

fn parse(job: &Job) -> Result<Option<Schedule>, String> {
    let schedule = then::firing(job).schedule();
    schedule.map_err(|error| error.to_string())
}

/// The time in question: what was asked, else the last fire time that is due.
fn time_asked(
    job: &Job,
    schedule: Option<&Schedule>,
    asked: Option<Asked>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match (asked, schedule) {
        (Some(Asked::Instant(at)), _) => Some(at),
        (Some(Asked::WallClock(civil)), Some(schedule)) => schedule.instant_of(civil),
        (Some(Asked::WallClock(civil)), None) => Some(civil.and_utc()),
        (None, Some(schedule)) => schedule.last_before(now + TimeDelta::microseconds(1)),
        (None, None) => job.next_run_at.or(job.timing.scheduled_at),
    }
}

fn job_now(job: Job, schedule: Option<&Schedule>) -> JobNow {
    JobNow {
        id: job.id,
        name: job.name,
        job_type: job.job_type.name(),
        status: job.status,
        pause_reason: job.pause_reason,
        paused_until: job.paused_until,
        revision: job.revision,
        cron_expression: job.timing.cron_expression,
        sentence: schedule.map(Schedule::sentence),
        timezone: job.timing.timezone,
        scheduled_at: job.timing.scheduled_at,
        starts_at: job.timing.starts_at,
        ends_at: job.timing.ends_at,
        next_run_at: job.next_run_at,
        max_retries: job.timing.max_retries,
        created_at: job.created_at,
    }
}
