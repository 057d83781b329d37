//! What must hold after every step.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::{JobId, RunId};
use sqlx::{FromRow, PgPool, Row};
use uuid::Uuid;

use crate::{
    deliveries::Delivery,
    report::Violation,
    work::Begun,
    world::{Caps, Step, World},
};

/// How far the clocks of two functions may be apart, and the cloud's besides.
pub(crate) const SKEW: TimeDelta = TimeDelta::seconds(5);

/// The earliest moments at which the reconciler's queries find a row.
#[derive(Debug)]
pub(crate) struct Needs {
    tick: Option<DateTime<Utc>>,
    pending: Option<DateTime<Utc>>,
    lease: Option<DateTime<Utc>>,
    untold: Option<DateTime<Utc>>,
    pause: Option<DateTime<Utc>>,
    /// Batches take their time, so they are never overdue.
    batch: Option<DateTime<Utc>>,
    /// Transactions that are still open on other connections.
    open: i64,
}

/// How often the server is asked whether a connection that broke has been noticed.
const ASKED_MAX: u32 = 100_000;

impl Needs {
    pub(crate) async fn read(ledger: &PgPool) -> anyhow::Result<Self> {
        let sql = "select
            (select min(next_run_at) + interval '90 seconds' from scheduled_jobs
              where status = 'active' or status = 'paused' and schedule_type = 'recurring') tick,
            (select min(greatest(run_after, coalesce(sent_at + interval '60 seconds', run_after)))
               from scheduled_job_runs where status = 'pending') pending,
            (select min(lease_expires_at) from scheduled_job_runs where status = 'running') lease,
            (select min(completed_at) from scheduled_job_runs
              where completed_at is not null and announced_at is null) untold,
            (select min(paused_until) from scheduled_jobs where status = 'paused') pause,
            (select min(created_at) from retry_batches where status = 'active') batch,
            (select count(*) from pg_stat_activity where datname = current_database()
                and xact_start is not null and pid <> pg_backend_pid()) open";
        let row = sqlx::query(sql).fetch_one(ledger).await?;
        Ok(Self {
            tick: row.try_get("tick")?,
            pending: row.try_get("pending")?,
            lease: row.try_get("lease")?,
            untold: row.try_get("untold")?,
            pause: row.try_get("pause")?,
            batch: row.try_get("batch")?,
            open: row.try_get("open")?,
        })
    }

    /// The same, once everything has been rolled back that broke or was given up. Until then some
    /// rows are locked, for how long depends on the machine, and so would what comes next.
    pub(crate) async fn read_at_rest(ledger: &PgPool) -> anyhow::Result<Self> {
        for _ in 0..ASKED_MAX {
            let needs = Self::read(ledger).await?;
            if needs.open == 0 {
                return Ok(needs);
            }
            tokio::task::yield_now().await;
        }
        anyhow::bail!("a transaction stays open")
    }

    pub(crate) fn earliest(&self) -> Option<DateTime<Utc>> {
        let ours = [self.tick, self.pending, self.lease];
        let needs = [self.untold, self.pause, self.batch];
        let needs = ours.into_iter().chain(needs);
        needs.flatten().min()
    }

    /// The first promise that is broken when all that was due at `now` should be done.
    pub(crate) fn overdue(&self, now: DateTime<Utc>) -> Result<(), Violation> {
        for (invariant, need) in [
            ("every fire time has a verdict in time", self.tick),
            ("nothing waits for ever", self.pending),
            ("no run is stuck beyond its lease", self.lease),
            ("every ending is told", self.untold),
            ("a pause ends when it should", self.pause),
        ] {
            if let Some(since) = need.filter(|need| *need < now) {
                let found = format!("at {now} there is work since {since}");
                return Err(Violation { invariant, found });
            }
        }
        Ok(())
    }
}

/// The lease a run is under.
pub(crate) async fn token(ledger: &PgPool, run: RunId) -> anyhow::Result<Option<Uuid>> {
    let sql = "select lease_token from scheduled_job_runs where id = $1";
    Ok(sqlx::query_scalar(sql)
        .bind(run.0)
        .fetch_one(ledger)
        .await?)
}

/// What the ledger says of a run that has begun.
#[derive(Clone, Copy, Debug, FromRow)]
pub(crate) struct Begins {
    pub(crate) lease_token: Option<Uuid>,
    pub(crate) is_tick: bool,
    pub(crate) is_exclusive: bool,
}

pub(crate) async fn begins(ledger: &PgPool, run: RunId) -> anyhow::Result<Begins> {
    let sql =
        "select lease_token, origin = 'tick' and requested_by is null as is_tick, is_exclusive
                 from scheduled_job_runs where id = $1";
    Ok(sqlx::query_as(sql).bind(run.0).fetch_one(ledger).await?)
}

/// Everything the ledger says about a job.
pub(crate) async fn picture(ledger: &PgPool, job: JobId) -> anyhow::Result<String> {
    let sql = "select concat((select to_jsonb(j)::text from scheduled_jobs j where id = $1),
                  (select string_agg(to_jsonb(r)::text, e'\\n' order by created_at, id)
                     from scheduled_job_runs r where scheduled_job_id = $1),
                  (select string_agg(to_jsonb(d)::text, '') from dataset_status d))";
    Ok(sqlx::query_scalar(sql)
        .bind(job.0)
        .fetch_one(ledger)
        .await?)
}

/// Runs whose lease is good for everybody, and its token.
pub(crate) async fn leases(
    ledger: &PgPool,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<(Uuid, Uuid)>> {
    let sql = "select id, lease_token from scheduled_job_runs
                where status = 'running' and lease_expires_at > $1";
    Ok(sqlx::query_as(sql)
        .bind(now + SKEW)
        .fetch_all(ledger)
        .await?)
}

/// Whether these runs are still under these leases.
pub(crate) async fn still_leased(ledger: &PgPool, leases: &[(Uuid, Uuid)]) -> Step {
    for (run, lease) in leases {
        if token(ledger, RunId(*run)).await? != Some(*lease) {
            return Ok(Err(Violation {
                invariant: "only its worker ends a run whose lease is good",
                found: format!("the reconciler ended {run}"),
            }));
        }
    }
    Ok(Ok(()))
}

impl World {
    /// A handler has begun: was it right to?
    pub(crate) fn check_start(&self, begun: Begun, is_tick: bool) -> Result<(), Violation> {
        if self.stopped.contains(&begun.run) {
            return Err(Violation {
                invariant: "a run that was asked to stop does not start again",
                found: format!("{} of {} started", begun.run, self.name(begun.job)),
            });
        }
        let job = self.jobs.iter().find(|job| job.id == begun.job);
        let (from, until) = (self.now - SKEW, self.now + SKEW);
        let is_paused = job.is_some_and(|job| job.is_paused(from) && job.is_paused(until));
        if is_tick && is_paused {
            return Err(Violation {
                invariant: "ticks of a paused job do not start",
                found: format!("{} of {} started", begun.run, self.name(begun.job)),
            });
        }
        if job.is_some_and(|job| job.archived_at.is_some()) {
            return Err(Violation {
                invariant: "an archived job runs no more",
                found: format!("{} of {} started", begun.run, self.name(begun.job)),
            });
        }
        Ok(())
    }

    /// Never more at work than there are slots, and never two that exclude each other.
    pub(crate) fn check_slots(&self) -> Result<(), Violation> {
        let until = self.now + SKEW;
        let at_work = self.parked.values().filter(|it| it.lease_until > until);
        let at_work: Vec<_> = at_work.collect();
        let begun = |it: &&Delivery| it.begun;
        let mut brands: BTreeMap<Uuid, usize> = BTreeMap::new();
        for begun in at_work.iter().filter_map(begun) {
            *brands.entry(begun.brand).or_default() += 1;
        }
        let of_brand = brands.values().max().copied().unwrap_or_default();
        let Caps {
            of_type,
            of_brand: brand_max,
            of_both,
        } = self.caps;
        for (count, cap, what) in [
            (at_work.len(), of_type, "a type"),
            (of_brand, brand_max, "a brand"),
            (of_brand, of_both, "a brand and type"),
        ] {
            let cap = cap.and_then(|cap| usize::try_from(cap).ok());
            if cap.is_some_and(|cap| count > cap) {
                return Err(Violation {
                    invariant: "never more runs at work than there are slots",
                    found: format!("{count} of {what}, of which {cap:?} may be"),
                });
            }
        }
        let mut busy = BTreeSet::new();
        let exclusive = at_work.iter().filter(|it| it.is_exclusive);
        for begun in exclusive.filter_map(begun) {
            if !busy.insert(begun.job) {
                return Err(Violation {
                    invariant: "an exclusive job has one run at work",
                    found: format!("{} has two", self.name(begun.job)),
                });
            }
        }
        Ok(())
    }
}
