//! The audit: reads what the ledger has for a window of time, and counts it.

use std::{collections::HashMap, error::Error, num::TryFromIntError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    domain::{
        JobId,
        audit::{Attempt, AuditedJob, Tally, Window},
        past::{self, Logged},
    },
    store::{
        Database, Tx,
        jobs::changes,
        runs::{
            audit::{self, JobFacts},
            prune,
        },
    },
    telemetry::metrics::{Figure, Unit},
};

use crate::error::Failure;

/// Jobs looked at together: all of them, for most installations, in two queries.
const JOBS_PER_PAGE: i64 = 10_000;

/// Pages of jobs read before giving up.
const JOB_PAGES_MAX: usize = 20;

/// Attempts counted before giving up: about 200 MB of memory, and minutes of a person's patience.
const ATTEMPTS_MAX: usize = 1_000_000;

/// Changed fields read before giving up.
const CHANGES_MAX: usize = 1_000_000;

/// Jobs told one by one whose schedule cannot be read.
const TOLD_MAX: usize = 20;

/// What every sweep looks back on.
const PULSE: TimeDelta = TimeDelta::hours(1);

/// An audit of a window.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audit {
    /// Jobs looked at.
    pub jobs: usize,
    /// What became of their fire times.
    #[serde(flatten)]
    pub tally: Tally,
    /// Jobs whose schedule cannot be read; of these the rows are counted and nothing is expected.
    pub unreadable: usize,
    /// The first of them.
    pub unreadable_first: Vec<JobId>,
    /// Nothing before this moment was counted, although the window begins earlier: rows that old are
    /// deleted.
    pub pruned_before: Option<DateTime<Utc>>,
}

/// The figures of the last hour, which every sweep logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pulse {
    /// Fire times that should have a verdict.
    pub expected: u64,
    /// Those without a row.
    pub lost: u64,
    /// Those that failed for good.
    pub dead_letters: u64,
    /// Deliveries that found their work done or taken.
    pub duplicates_suppressed: u64,
    /// Half of the first attempts started no later than this, in milliseconds.
    pub start_lateness_p50_ms: Option<u64>,
    /// All but one in a hundred started no later than this, in milliseconds.
    pub start_lateness_p99_ms: Option<u64>,
}

/// Counts the fire times in `window` of all jobs, or of the one job `only`, seen from `now`.
///
/// # Errors
/// [`Failure`] when the database does not answer, or the window holds more than 200,000 jobs, or
/// 1,000,000 attempts or changed fields.
pub async fn audit(
    db: &Database,
    window: Window,
    only: Option<JobId>,
    now: DateTime<Utc>,
) -> Result<Audit, Failure> {
    let audit = async {
        let mut tx = db.begin().await?;
        let audit = read(&mut tx, window, only, now).await?;
        tx.commit().await?;
        Ok::<_, Box<dyn Error + Send + Sync>>(audit)
    };
    audit
        .await
        .map_err(Failure::while_doing("auditing fire times"))
}

/// The figures of the hour before `now`.
///
/// # Errors
/// As [`audit()`].
pub async fn pulse(db: &Database, now: DateTime<Utc>) -> Result<Pulse, Failure> {
    let window = Window {
        since: now - PULSE,
        until: now,
    };
    let Audit { tally, .. } = audit(db, window, None, now).await?;
    Ok(Pulse {
        expected: tally.expected,
        lost: tally.lost,
        dead_letters: tally.dead_letters,
        duplicates_suppressed: tally.duplicates_suppressed,
        start_lateness_p50_ms: tally.lateness_percentile(50),
        start_lateness_p99_ms: tally.lateness_percentile(99),
    })
}

impl Pulse {
    /// The pulse as CloudWatch shall know it. Without a start there is no lateness.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |name, unit, value| Figure { name, unit, value };
        let lateness = [
            ("StartLatenessP50", self.start_lateness_p50_ms),
            ("StartLatenessP99", self.start_lateness_p99_ms),
        ];
        let mut figures = vec![
            figure("ExpectedTicks", Unit::Count, self.expected),
            figure("LostTicks", Unit::Count, self.lost),
            figure("DeadLetters", Unit::Count, self.dead_letters),
            figure(
                "DuplicatesSuppressed",
                Unit::Count,
                self.duplicates_suppressed,
            ),
        ];
        figures.extend(
            lateness
                .into_iter()
                .filter_map(|(name, value)| Some(figure(name, Unit::Milliseconds, value?))),
        );
        figures
    }
}

/// Jobs before their attempts: a tick that is claimed in between is then seen with its row, and
/// not taken for lost.
async fn read(
    tx: &mut Tx,
    mut window: Window,
    only: Option<JobId>,
    now: DateTime<Utc>,
) -> Result<Audit, Box<dyn Error + Send + Sync>> {
    let pruned_before = prune::pruned_before(tx).await?;
    let pruned_before = pruned_before.filter(|horizon| *horizon > window.since);
    if let Some(horizon) = pruned_before {
        window.since = horizon.min(window.until);
    }
    let mut audit = Audit {
        pruned_before,
        ..Audit::default()
    };
    let (mut after, mut room, mut changes_room) = (None, ATTEMPTS_MAX, CHANGES_MAX);
    for _ in 0..JOB_PAGES_MAX {
        let jobs = audit::jobs(tx, window, only, after, JOBS_PER_PAGE).await?;
        let (Some(first), Some(last)) = (jobs.first(), jobs.last()) else {
            return Ok(audit);
        };
        let span = (first.id, last.id);
        let log = changes::logged_since(tx, span, window.since, one_over(changes_room)?).await?;
        changes_room = less(changes_room, log.len(), "changed fields")?;
        let attempts = audit::attempts(tx, window, span, one_over(room)?).await?;
        room = less(room, attempts.len(), "attempts")?;
        audit.count(jobs, log, attempts, (window, now));
        after = Some(span.1);
    }
    Err(format!("more than {} jobs: ask for one job", audit.jobs).into())
}

/// A limit that tells whether there are more than `room`.
fn one_over(room: usize) -> Result<i64, TryFromIntError> {
    i64::try_from(room).map(|room| room.saturating_add(1))
}

fn less(room: usize, found: usize, what: &str) -> Result<usize, String> {
    room.checked_sub(found)
        .ok_or_else(|| format!("too many {what}: ask for a shorter window or for one job"))
}

impl Audit {
    /// Counts a page; all parts are in the order of jobs.
    fn count(
        &mut self,
        jobs: Vec<JobFacts>,
        log: Vec<(JobId, Logged)>,
        attempts: Vec<(JobId, Attempt)>,
        (window, now): (Window, DateTime<Utc>),
    ) {
        let mut log_of: HashMap<_, Vec<_>> = HashMap::new();
        for (id, logged) in log {
            log_of.entry(id).or_default().push(logged);
        }
        let mut attempts = attempts.into_iter().peekable();
        for facts in jobs {
            let mut own = vec![];
            while let Some((_, attempt)) = attempts.next_if(|(id, _)| *id <= facts.id) {
                own.push(attempt);
            }
            let log = log_of.remove(&facts.id).unwrap_or_default();
            self.jobs += 1;
            let job = self.audited(&facts, &log, window);
            self.tally.count(&job, &own, window, now);
        }
    }

    fn audited(&mut self, facts: &JobFacts, log: &[Logged], window: Window) -> AuditedJob {
        let eras = past::eras(facts.firing(), facts.revision, log, window.since);
        if eras.last().is_some_and(|era| era.schedule.is_err()) {
            self.unreadable += 1;
            if self.unreadable_first.len() < TOLD_MAX {
                self.unreadable_first.push(facts.id);
            }
        }
        AuditedJob {
            id: facts.id,
            eras,
            next_run_at: facts.next_run_at,
            created_at: facts.created_at,
            revision_before: facts.revision_before,
        }
    }
}
