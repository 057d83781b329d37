//! The audit: reads what the ledger has for a window of time, and counts it.

use std::{
    collections::{BTreeMap, HashMap},
    num::TryFromIntError,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    domain::{
        JobId, OrganizationId,
        audit::{Attempt, AuditedJob, Tally, Window},
        past::{self, Logged},
    },
    store::{
        Tx,
        jobs::changes,
        runs::{
            audit::{self, JobFacts},
            prune,
        },
    },
};

/// Jobs looked at together: all of them, for most installations, in two queries.
const JOBS_PER_PAGE: i64 = 10_000;

/// Pages of jobs read before giving up.
const JOB_PAGES_MAX: usize = 20;

/// Jobs told one by one whose schedule cannot be read.
const TOLD_MAX: usize = 20;

/// How much is read before giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Attempts; a million take about 200 MB of memory, and minutes of a person's patience.
    pub attempts: usize,
    /// Changed fields.
    pub changes: usize,
}

/// Why there is no audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database does not answer.
    #[error("reading the ledger")]
    Read(#[from] sqlx::Error),
    /// There is more than the room it was given.
    #[error("too many {0}: ask for a shorter window or for one job")]
    TooMany(&'static str),
    /// A number of the machine is too small.
    #[error("counting rows")]
    Count(#[from] TryFromIntError),
}

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

/// Counts the fire times in `window` of all jobs, or of the one job `only`, seen from `now`.
///
/// # Errors
/// As [`by_organization`].
pub async fn audit(
    tx: &mut Tx,
    window: Window,
    only: Option<JobId>,
    room: Room,
    now: DateTime<Utc>,
) -> Result<Audit, AuditError> {
    let mut tally = Tally::default();
    let audit = walk(tx, window, only, room, |_, job, attempts, window| {
        tally.count(job, attempts, window, now);
    });
    let audit = audit.await?;
    Ok(Audit { tally, ..audit })
}

/// The same of every organization by itself; `None`: of jobs of the platform.
///
/// # Errors
/// [`AuditError`] when the database does not answer, or the window holds more than 200,000 jobs or than there is
/// `room` for.
pub async fn by_organization(
    tx: &mut Tx,
    window: Window,
    room: Room,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Option<OrganizationId>, Tally>, AuditError> {
    let mut tallies = BTreeMap::<_, Tally>::new();
    let counted = walk(tx, window, None, room, |facts, job, attempts, window| {
        let tally = tallies.entry(facts.organization_id).or_default();
        tally.count(job, attempts, window, now);
    });
    counted.await?;
    Ok(tallies)
}

/// Takes job after job to `count`, with its attempts and what of the window can be counted.
///
/// Jobs are read before their attempts: a tick that is claimed in between is then seen with its row, and
/// not taken for lost.
async fn walk(
    tx: &mut Tx,
    mut window: Window,
    only: Option<JobId>,
    mut room: Room,
    mut count: impl FnMut(&JobFacts, &AuditedJob, &[Attempt], Window),
) -> Result<Audit, AuditError> {
    let pruned_before = prune::pruned_before(tx).await?;
    let pruned_before = pruned_before.filter(|horizon| *horizon > window.since);
    if let Some(horizon) = pruned_before {
        window.since = horizon.min(window.until);
    }
    let mut audit = Audit {
        pruned_before,
        ..Audit::default()
    };
    let mut after = None;
    for _ in 0..JOB_PAGES_MAX {
        let jobs = audit::jobs(tx, window, only, after, JOBS_PER_PAGE).await?;
        let (Some(first), Some(last)) = (jobs.first(), jobs.last()) else {
            return Ok(audit);
        };
        let span = (first.id, last.id);
        let log = changes::logged_since(tx, span, window.since, one_over(room.changes)?).await?;
        room.changes = less(room.changes, log.len(), "changed fields")?;
        let attempts = audit::attempts(tx, window, span, one_over(room.attempts)?).await?;
        room.attempts = less(room.attempts, attempts.len(), "attempts")?;
        audit.count(jobs, log, attempts, window, &mut count);
        after = Some(span.1);
    }
    Err(AuditError::TooMany("jobs"))
}

/// A limit that tells whether there are more than `room`.
fn one_over(room: usize) -> Result<i64, TryFromIntError> {
    i64::try_from(room).map(|room| room.saturating_add(1))
}

fn less(room: usize, found: usize, what: &'static str) -> Result<usize, AuditError> {
    room.checked_sub(found).ok_or(AuditError::TooMany(what))
}

impl Audit {
    /// Counts a page; all parts are in the order of jobs.
    fn count(
        &mut self,
        jobs: Vec<JobFacts>,
        log: Vec<(JobId, Logged)>,
        attempts: Vec<(JobId, Attempt)>,
        window: Window,
        count: &mut impl FnMut(&JobFacts, &AuditedJob, &[Attempt], Window),
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
            count(&facts, &job, &own, window);
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
