//! Makes what is agree with what should be: rules in the cloud with rows in the database, events
//! on the bus with runs in the ledger, verdicts with fire times.
//!
//! Reads and writes `scheduled_job_runs` and `scheduled_jobs` through `shared`, and the rules of
//! the cloud's clock that carry our prefix and mark. Running it twice, or two at once, is safe: it
//! looks before it acts, and the next sweep mends what two at once may have crossed.

pub mod audit;
pub mod budget;
pub mod cli;
pub mod courier;
pub mod desired;
pub mod error;
pub mod forecast;
mod hours;
pub mod ledger;
pub mod mark;
pub mod names;
pub mod plan;
pub mod rules;
pub mod tfvars;
pub mod why;

use std::sync::Arc;

use aws_config::SdkConfig;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    clients::{
        bus::Bus,
        cloud_clock::{self, CloudClock},
    },
    config::{Core, Rules},
    domain::{Clock, JobId},
    runtime::Accounted,
    store::Database,
    telemetry::metrics::{self, Place},
};

use crate::{
    audit::Pulse,
    budget::Budget,
    courier::{Channels, Courier},
    error::{Failure, Failures},
    ledger::{Done, Ledger},
    rules::{Applied, Schedules},
};

/// What invokes the reconciler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// Its own rule, every minute.
    Sweep,
    /// The bus: somebody changed a job.
    ScheduleChanged {
        /// The job.
        job_id: JobId,
    },
}

/// What an invocation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Runs that vanished and were failed.
    pub lost: usize,
    /// Ticks that nobody delivered.
    pub overdue: Accounted,
    /// Dead letters of a batch whose turn came.
    pub released: usize,
    /// Runs asked for on the bus.
    pub sent: usize,
    /// Endings told on the bus.
    pub announced: usize,
    /// Notifications that reached a channel.
    pub delivered: usize,
    /// Old runs and log lines deleted.
    pub pruned: usize,
    /// Rules.
    pub rules: Applied,
    /// The last hour's fire times.
    pub pulse: Pulse,
    /// Hours of the last day of which the verdicts were counted.
    pub counted_hours: usize,
}

/// The reconciler's rows, clients and settings.
#[derive(Clone, Debug)]
pub struct Reconciler {
    ledger: Ledger,
    schedules: Schedules,
    courier: Courier,
    clock: Clock,
    keep: Option<TimeDelta>,
    is_publishing: bool,
}

impl Reconciler {
    /// The reconciler of a deployed function.
    #[must_use]
    pub fn open(db: Database, aws: &SdkConfig, core: &Core, settings: Rules) -> Self {
        let bus = Bus::new(aws, core.bus.as_str());
        let cloud = cloud_clock::open(aws, &settings);
        Self::new(db, bus, cloud, settings, Clock::system())
    }

    /// Puts the parts together.
    #[must_use]
    pub fn new(
        db: Database,
        bus: Bus,
        cloud: Arc<dyn CloudClock>,
        settings: Rules,
        clock: Clock,
    ) -> Self {
        Self {
            ledger: Ledger {
                db: db.clone(),
                bus,
                clock: clock.clone(),
            },
            courier: Courier {
                db: db.clone(),
                channels: Channels::default(),
                clock: clock.clone(),
            },
            schedules: Schedules {
                db,
                cloud,
                settings,
                clock: clock.clone(),
            },
            clock,
            keep: None,
            is_publishing: false,
        }
    }

    /// The same, with channels that tell people. Without, notifications stay rows.
    #[must_use]
    pub fn with_channels(mut self, channels: Channels) -> Self {
        self.courier.channels = channels;
        self
    }

    /// The same, logging every sweep's figures for CloudWatch.
    #[must_use]
    pub fn publishing(mut self) -> Self {
        self.is_publishing = true;
        self
    }

    /// The same, deleting what ended longer ago than `keep`. Without it everything is kept.
    #[must_use]
    pub fn keeping(mut self, keep: TimeDelta) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Answers one event before `deadline`.
    ///
    /// # Errors
    /// [`Failures`] with everything that failed, after everything was tried.
    pub async fn handle(&self, event: Event, deadline: DateTime<Utc>) -> Result<Report, Failures> {
        let budget = Budget::until(&self.clock, deadline);
        let (report, failures) = match event {
            // Boxed: the nested futures of the parts are deeper than the compiler looks.
            Event::Sweep => Box::pin(self.sweep(&budget)).await,
            Event::ScheduleChanged { job_id } => Box::pin(self.apply_job(job_id, &budget)).await,
        };
        let counts = serde_json::to_string(&report).unwrap_or_default();
        tracing::info!(counts, failures = failures.len(), "reconciled");
        Failures::check(failures, report)
    }

    /// Every part, none stopped by another's failure. What makes runs due comes before what sends
    /// them, and the rules come last: they alone may need more time than there is.
    async fn sweep(&self, budget: &Budget) -> (Report, Vec<Failure>) {
        let lost = self.ledger.fail_lost(budget).await;
        let (overdue, overdue_failures) = self.ledger.account(budget).await;
        let released = self.ledger.release().await;
        let sent = self.ledger.send_due(budget).await;
        let announced = self.ledger.announce(budget).await;
        let delivered = self.courier.deliver(budget).await;
        let (pulse, pulse_failure) = self.feel_pulse(budget).await;
        let counted = hours::count(&self.ledger.db, self.clock.now(), budget).await;
        let pruned = self.ledger.prune(self.keep, budget).await;
        let (rules, rule_failures) = self.apply(budget).await;
        let report = Report {
            lost: lost.count,
            overdue,
            released: released.count,
            sent: sent.count,
            announced: announced.count,
            delivered: delivered.count,
            pruned: pruned.count,
            rules,
            pulse,
            counted_hours: counted.count,
        };
        let failures = [
            lost.failures,
            overdue_failures,
            released.failures,
            sent.failures,
            announced.failures,
            delivered.failures,
            Vec::from_iter(pulse_failure),
            counted.failures,
            pruned.failures,
            rule_failures,
        ];
        (report, failures.into_iter().flatten().collect())
    }

    /// Looks back on the last hour and logs its figures, for the alarm on lost ticks.
    async fn feel_pulse(&self, budget: &Budget) -> (Pulse, Option<Failure>) {
        if budget.is_spent() {
            return (Pulse::default(), None);
        }
        let now = self.clock.now();
        let pulse = match audit::pulse(&self.ledger.db, now).await {
            Ok(pulse) => pulse,
            Err(failure) => return (Pulse::default(), Some(failure)),
        };
        if !self.is_publishing {
            return (pulse, None);
        }
        let installation = &self.schedules.settings.prefix;
        let published = metrics::publish(Place::of_all(installation), now, &pulse.figures());
        let failure = published.map_err(Failure::while_doing("logging the pulse"));
        (pulse, failure.err())
    }

    async fn apply(&self, budget: &Budget) -> (Applied, Vec<Failure>) {
        let look = rules::look_of(self.clock.now());
        match self.schedules.plan(look).await {
            Ok((plan, mut failures)) => {
                let (applied, of_changes) = self.schedules.apply(&plan, budget).await;
                failures.extend(of_changes);
                (applied, failures)
            }
            Err(failure) => (Applied::default(), vec![failure]),
        }
    }

    /// What is due of a job that was changed, as one that was written past the API may be, does not wait for the sweep.
    async fn apply_job(&self, job_id: JobId, budget: &Budget) -> (Report, Vec<Failure>) {
        let (overdue, mut failures) = self.ledger.account_job(job_id).await;
        let sent = match overdue.queued {
            0 => Done::default(),
            _ => self.ledger.send_due(budget).await,
        };
        failures.extend(sent.failures);
        let rules = match self.schedules.plan_job(job_id).await {
            Ok(plan) => {
                let (rules, of_changes) = self.schedules.apply(&plan, budget).await;
                failures.extend(of_changes);
                rules
            }
            Err(failure) => {
                failures.push(failure);
                Applied::default()
            }
        };
        let report = Report {
            overdue,
            sent: sent.count,
            rules,
            ..Report::default()
        };
        (report, failures)
    }
}
