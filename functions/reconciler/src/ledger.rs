//! The ledger part: runs that vanished, ticks that nobody delivered, events that did not leave,
//! rows that nobody needs any more.
//!
//! Everything here is found by a query over what is, not over what was said before; a sweep that
//! did not happen costs a minute and nothing else.

use std::{collections::HashSet, error::Error, hash::Hash};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::bus::Bus,
    domain::{Clock, JobId, audit::Window},
    runtime::{self, Accounted},
    store::{Database, jobs, logs, members, retry_batches, runs},
};

use crate::{budget::Budget, error::Failure};

/// Rows handled between two looks at the time left.
const BATCH: i64 = 100;

/// Batches of one kind in one sweep: 2,000 rows, a minute's work at the pace of the bus. What is
/// left then is the oldest of the next sweep.
const BATCHES_MAX: usize = 20;

/// Rows of each kind deleted in one sweep: over a day, more than any schedule makes, and each time
/// a transaction of a second at most.
const PRUNED_MAX: i64 = 500;

type Cause = Box<dyn Error + Send + Sync>;

/// How many rows a part handled, and what went wrong with others.
#[derive(Debug, Default)]
pub struct Done {
    /// Rows handled.
    pub count: usize,
    /// What failed; those rows are tried again in the next sweep.
    pub failures: Vec<Failure>,
}

/// The ledger and the way to the bus.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The runs.
    pub db: Database,
    /// Where requests and endings are told.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
}

impl Ledger {
    /// Fails runs whose lease ran out; their retries follow the usual rule.
    pub async fn fail_lost(&self, budget: &Budget) -> Done {
        let mut done = Done::default();
        let mut seen = HashSet::new();
        for _ in 0..BATCHES_MAX {
            let batch = match self.lost().await {
                Ok(batch) => unseen(&mut seen, batch, |run| run.lease.run_id),
                Err(cause) => return done.with("looking for lost runs", cause),
            };
            if batch.is_empty() {
                break;
            }
            for run in batch {
                if budget.is_spent() {
                    return done;
                }
                match runtime::fail_expired(&self.db, run, self.clock.now()).await {
                    Ok(was_ours) => done.count += usize::from(was_ours),
                    Err(error) => {
                        let doing = format!("failing lost run {}", run.lease.run_id);
                        done.failures.push(Failure::new(doing, error));
                    }
                }
            }
        }
        done
    }

    /// Gives every fire time that nobody delivered its verdict.
    pub async fn account(&self, budget: &Budget) -> (Accounted, Vec<Failure>) {
        let mut total = Accounted::default();
        for _ in 0..BATCHES_MAX {
            if budget.is_spent() {
                break;
            }
            let of_batch = match runtime::account_overdue(&self.db, &self.clock).await {
                Ok(of_batch) => of_batch,
                Err(error) => {
                    return (
                        total,
                        vec![Failure::new("accounting for missed ticks", error)],
                    );
                }
            };
            total.jobs += of_batch.jobs;
            total.queued += of_batch.queued;
            total.skipped += of_batch.skipped;
            // Paused one-time jobs stay overdue until they are resumed.
            if of_batch.queued + of_batch.skipped == 0 {
                break;
            }
        }
        (total, vec![])
    }

    /// Gives every fire time of one job that is due its verdict.
    pub async fn account_job(&self, job_id: JobId) -> (Accounted, Vec<Failure>) {
        match runtime::account_due(&self.db, job_id, &self.clock).await {
            Ok(accounted) => (accounted, vec![]),
            Err(error) => {
                let doing = format!("accounting for job {job_id}");
                (Accounted::default(), vec![Failure::new(doing, error)])
            }
        }
    }

    /// Releases dead letters that are retried in bulk.
    pub async fn release(&self) -> Done {
        match runtime::release_retries(&self.db, self.clock.now()).await {
            Ok(released) => Done {
                count: usize::try_from(released).unwrap_or(usize::MAX),
                failures: vec![],
            },
            Err(error) => Done::default().with("releasing retries", error),
        }
    }

    /// Asks for pending runs whose time has come, also for those that were asked for and not taken.
    pub async fn send_due(&self, budget: &Budget) -> Done {
        let mut done = Done::default();
        let mut seen = HashSet::new();
        for _ in 0..BATCHES_MAX {
            if budget.is_spent() {
                break;
            }
            let due = match self.due().await {
                Ok(due) => due,
                Err(cause) => return done.with("looking for due runs", cause),
            };
            let found = due.len();
            let due = unseen(&mut seen, due, |run| run.id);
            if due.is_empty() {
                return done.less_refused(found, "asking for due runs");
            }
            if let Err(error) =
                runtime::announce(&self.db, &self.bus, &[], &due, self.clock.now()).await
            {
                return done.with("asking for due runs", error);
            }
            done.count += due.len();
        }
        done
    }

    /// Tells the endings that the bus has not heard of.
    pub async fn announce(&self, budget: &Budget) -> Done {
        let mut done = Done::default();
        let mut seen = HashSet::new();
        for _ in 0..BATCHES_MAX {
            if budget.is_spent() {
                break;
            }
            let ended = match self.unannounced().await {
                Ok(ended) => ended,
                Err(cause) => return done.with("looking for endings to tell", cause),
            };
            let found = ended.len();
            let ended = unseen(&mut seen, ended, |run| run.id);
            if ended.is_empty() {
                return done.less_refused(found, "telling endings");
            }
            if let Err(error) =
                runtime::announce(&self.db, &self.bus, &ended, &[], self.clock.now()).await
            {
                return done.with("telling endings", error);
            }
            done.count += ended.len();
        }
        done
    }

    /// Deletes runs, log lines, batches, changes and one-time jobs that were over longer ago than
    /// `keep`, and members who came last before, a batch of each per sweep.
    pub async fn prune(&self, keep: Option<TimeDelta>, budget: &Budget) -> Done {
        let Some(keep) = keep.filter(|_| !budget.is_spent()) else {
            return Done::default();
        };
        let now = self.clock.now();
        match self.prune_before(now - keep, now).await {
            Ok(pruned) => Done {
                count: usize::try_from(pruned).unwrap_or(usize::MAX),
                failures: vec![],
            },
            Err(cause) => Done::default().with("deleting old runs", cause),
        }
    }

    async fn prune_before(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, Cause> {
        let mut tx = self.db.begin().await?;
        let runs = runs::prune::prune(&mut tx, before, PRUNED_MAX).await?;
        let lines = logs::prune(&mut tx, before, PRUNED_MAX).await?;
        let batches = retry_batches::prune(&mut tx, before, PRUNED_MAX).await?;
        let members = members::prune(&mut tx, before, PRUNED_MAX).await?;
        // An audit of the longest window up to now asks what schedules were.
        let unaudited = before.min(now - Window::LENGTH_MAX);
        let changes = jobs::prune::changes(&mut tx, unaudited, PRUNED_MAX).await?;
        let jobs = jobs::prune::one_time(&mut tx, unaudited, PRUNED_MAX).await?;
        tx.commit().await?;
        Ok(runs + lines + batches + members + changes + jobs)
    }

    async fn lost(&self) -> Result<Vec<runs::outbox::ExpiredRun>, Cause> {
        let mut tx = self.db.begin().await?;
        let lost = runs::expired(&mut tx, self.clock.now(), BATCH).await?;
        tx.commit().await?;
        Ok(lost)
    }

    async fn due(&self) -> Result<Vec<runs::DueRun>, Cause> {
        let mut tx = self.db.begin().await?;
        let due = runs::due(&mut tx, self.clock.now(), BATCH).await?;
        tx.commit().await?;
        Ok(due)
    }

    async fn unannounced(&self) -> Result<Vec<runs::outbox::EndedRun>, Cause> {
        let mut tx = self.db.begin().await?;
        let ended = runs::unannounced(&mut tx, self.clock.now(), BATCH).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

impl Done {
    pub(crate) fn with(mut self, doing: &'static str, cause: impl Into<Cause>) -> Self {
        self.failures.push(Failure::new(doing, cause));
        self
    }

    /// `again` rows came back after they were handed to the bus: it refused them.
    fn less_refused(mut self, again: usize, doing: &'static str) -> Self {
        if again == 0 {
            return self;
        }
        self.count = self.count.saturating_sub(again);
        self.with(doing, format!("the bus refused {again} events"))
    }
}

/// The rows not met before in this sweep, so that one that cannot be dealt with is met once.
fn unseen<T, K: Eq + Hash>(seen: &mut HashSet<K>, rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    rows.into_iter()
        .filter(|row| seen.insert(key(row)))
        .collect()
}
