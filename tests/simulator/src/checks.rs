//! What must hold after every step.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::{JobId, RunId};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::{
    jobs::Job,
    report::Violation,
    work::Begun,
    world::{Step, What, World},
};

/// How far the clocks of two functions may be apart, and the cloud's besides.
const SKEW: TimeDelta = TimeDelta::seconds(5);

/// The earliest moments at which the reconciler's queries find a row.
#[derive(Debug)]
pub(crate) struct Needs {
    tick: Option<DateTime<Utc>>,
    pending: Option<DateTime<Utc>>,
    lease: Option<DateTime<Utc>>,
    untold: Option<DateTime<Utc>>,
}

impl Needs {
    pub(crate) async fn read(ledger: &PgPool) -> anyhow::Result<Self> {
        let sql = "select
            (select min(next_run_at) + interval '90 seconds' from scheduled_jobs
              where status = 'active' or status = 'paused' and schedule_type = 'recurring') tick,
            (select min(greatest(run_after, coalesce(sent_at + interval '60 seconds', run_after)))
               from scheduled_job_runs where status = 'pending') pending,
            (select min(lease_expires_at) from scheduled_job_runs where status = 'running') lease,
            (select min(completed_at) from scheduled_job_runs
              where completed_at is not null and announced_at is null) untold";
        let row = sqlx::query(sql).fetch_one(ledger).await?;
        Ok(Self {
            tick: row.try_get("tick")?,
            pending: row.try_get("pending")?,
            lease: row.try_get("lease")?,
            untold: row.try_get("untold")?,
        })
    }

    pub(crate) fn earliest(&self) -> Option<DateTime<Utc>> {
        let needs = [self.tick, self.pending, self.lease, self.untold];
        needs.into_iter().flatten().min()
    }

    /// The first promise that is broken when all that was due at `now` should be done.
    pub(crate) fn overdue(&self, now: DateTime<Utc>) -> Result<(), Violation> {
        for (invariant, need) in [
            ("every fire time has a verdict in time", self.tick),
            ("nothing waits for ever", self.pending),
            ("no run is stuck beyond its lease", self.lease),
            ("every ending is told", self.untold),
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

/// Whether the schedule wanted a run.
pub(crate) async fn is_tick(ledger: &PgPool, run: RunId) -> anyhow::Result<bool> {
    let sql = "select origin = 'tick' from scheduled_job_runs where id = $1";
    Ok(sqlx::query_scalar(sql)
        .bind(run.0)
        .fetch_one(ledger)
        .await?)
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
    /// After a sweep that nothing disturbed, nothing is left that it should have done.
    pub(crate) async fn check_sweep(&mut self) -> Step {
        Ok(Needs::read(&self.ledger)
            .await?
            .overdue(self.reconciler_now()))
    }

    /// A handler has begun: was it right to?
    pub(crate) fn check_start(&self, begun: Begun, is_tick: bool) -> Result<(), Violation> {
        if self.stopped.contains(&begun.run) {
            return Err(Violation {
                invariant: "a run that was asked to stop does not start again",
                found: format!("{} of {} started", begun.run, self.name(begun.job)),
            });
        }
        let job = self.jobs.iter().find(|job| job.id == begun.job);
        if is_tick && job.is_some_and(Job::is_paused) {
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

    /// Never more at work than there are slots, and never two of an exclusive job.
    pub(crate) fn check_slots(&self) -> Result<(), Violation> {
        let until = self.now + SKEW;
        let at_work: Vec<_> = self
            .parked
            .values()
            .filter(|delivery| delivery.lease_until > until)
            .filter_map(|delivery| delivery.begun)
            .collect();
        if at_work.len() > self.running_max {
            return Err(Violation {
                invariant: "never more runs at work than there are slots",
                found: format!("{} of {}: {at_work:?}", at_work.len(), self.running_max),
            });
        }
        for job in self.jobs.iter().filter(|job| job.is_exclusive) {
            let count = at_work.iter().filter(|begun| begun.job == job.id).count();
            if count > 1 {
                return Err(Violation {
                    invariant: "an exclusive job has one run at work",
                    found: format!("{} has {count}", job.name),
                });
            }
        }
        Ok(())
    }

    /// The bus or the cloud breaks for some minutes, or is mended for some hours.
    pub(crate) fn weather(&mut self, breaks: bool) {
        if self.is_calm {
            return;
        }
        self.is_bus_down = breaks && self.chance.hits(50.0);
        self.is_cloud_broken = breaks && !self.is_bus_down;
        self.cloud.stand_in.heal();
        self.rules_may_differ = true;
        if self.is_cloud_broken {
            self.tally.fault("cloud refuses rules");
            for job in &self.jobs {
                let name = format!(
                    "sundial-asset_download-{}",
                    reconciler::desired::tail(job.id)
                );
                match self.chance.hits(50.0) {
                    true => self
                        .cloud
                        .stand_in
                        .fail("PutRule", &name, "AccessDeniedException"),
                    false => self.cloud.stand_in.fail_entries(&name),
                }
            }
        }
        let delay = match breaks {
            true => self.chance.seconds(60, 400),
            false => self.chance.seconds(4 * 3_600, 30 * 3_600),
        };
        self.schedule(delay, What::Weather(!breaks));
    }
}
