//! One simulation: its parts, its queue, its loop.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use reconciler::Reconciler;
use shared::{
    clients::bus::{Bus, BusEvent, Recorder},
    domain::{Clock, JobId, RunId},
    runtime::Event,
};
use sqlx::{PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

use crate::{
    chance::Chance,
    checks::Needs,
    cloud::Cloud,
    deliveries::Delivery,
    jobs::Job,
    moves::Moving,
    office::{Office, Work},
    report::{Tally, Violation},
};

/// The dispatcher lets this token in.
pub(crate) const TOKEN: &str = "simulated";

/// After the last fault the system has so long to come to rest: four attempts with the longest
/// delay a handler asks for, and what else was late.
const REST: TimeDelta = TimeDelta::hours(8);

/// What is going to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// An event reaches its function, for so many times before this.
    Deliver(Event, u32),
    /// A handler has worked long enough.
    Resume(u64),
    /// The bus wakes the reconciler about a job.
    Changed(JobId),
    /// A stalled reconciler goes on.
    Unstall,
    /// Somebody does something.
    Person,
    /// Somebody does this to this job just now, of all moments.
    Press(JobId, &'static str),
    /// The bus or the cloud breaks, or is mended.
    Weather(bool),
    /// Somebody deploys the other clock.
    Deploy,
    /// Somebody has the rules moved to the clock in use.
    Migrate,
}

/// How many runs may be at work at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    pub(crate) of_type: Option<u32>,
    pub(crate) of_brand: Option<u32>,
    /// Of one brand's jobs of one type.
    pub(crate) of_both: Option<u32>,
}

/// One simulation.
pub struct World {
    pub(crate) now: DateTime<Utc>,
    pub(crate) chance: Chance,
    pub(crate) queue: BTreeMap<(DateTime<Utc>, u64), What>,
    pub(crate) sequence: u64,
    /// When the reconciler's minute finds something to do.
    pub(crate) sweep_at: Option<DateTime<Utc>>,
    pub(crate) rules_may_differ: bool,
    pub(crate) is_calm: bool,
    pub(crate) cloud: Cloud,
    pub(crate) moving: Moving,
    /// Rules that were held against their job's calendar, and the revisions of the jobs.
    pub(crate) judged: BTreeSet<(String, i32)>,
    pub(crate) bus: Bus,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) is_bus_down: bool,
    /// The bus as the present step finds it.
    pub(crate) recorder_is_down: bool,
    pub(crate) is_cloud_broken: bool,
    pub(crate) is_database_down: bool,
    pub(crate) ledger: PgPool,
    pub(crate) workers: Office,
    pub(crate) sweepers: Office,
    pub(crate) desk: Office,
    pub(crate) reconciler: Reconciler,
    pub(crate) reconciler_clock: (Clock, TimeDelta),
    pub(crate) stalled: Option<Work<Result<reconciler::Report, String>>>,
    pub(crate) router: Router,
    pub(crate) desk_clock: (Clock, TimeDelta),
    /// Whether the last request was answered with success.
    pub(crate) is_answered: bool,
    pub(crate) brands: Vec<Uuid>,
    pub(crate) caps: Caps,
    pub(crate) jobs: Vec<Job>,
    pub(crate) jobs_made: u32,
    pub(crate) parked: BTreeMap<u64, Delivery>,
    pub(crate) stopped: BTreeSet<RunId>,
    /// Failed runs that somebody retried.
    pub(crate) retried: BTreeSet<RunId>,
    pub(crate) told: BTreeSet<RunId>,
    pub(crate) tally: Tally,
    pub(crate) is_told: bool,
}

/// How a simulation ended.
#[derive(Debug)]
pub struct Ended {
    /// Figures.
    pub tally: Tally,
    /// The first promise that was broken.
    pub violation: Option<(DateTime<Utc>, Violation)>,
}

/// A step ends well, with a broken promise, or because the simulator itself cannot go on.
pub(crate) type Step<T = ()> = anyhow::Result<Result<T, Violation>>;

/// Runs one seed for so many days on the database at `server`, which is emptied first.
///
/// # Errors
/// When the simulator itself cannot go on; broken promises are part of the result.
pub async fn simulate(
    server: &PgConnectOptions,
    ledger: &PgPool,
    seed: u64,
    days: u32,
    is_told: bool,
) -> anyhow::Result<Ended> {
    let mut world = World::new(server, ledger, seed, is_told).await?;
    let outcome = world.live(days).await?;
    for office in [&world.workers, &world.sweepers, &world.desk] {
        office.line.expect(None);
    }
    let violation = outcome.err().map(|violation| (world.now, violation));
    world.tally.seeds = 1;
    world.tally.days = u64::from(days);
    Ok(Ended {
        tally: world.tally,
        violation,
    })
}

impl World {
    async fn live(&mut self, days: u32) -> Step {
        let calm_from = self.now + TimeDelta::days(days.into());
        let end = calm_from + REST;
        for _ in 0..self.chance.number(2, 4) {
            if let Err(violation) = self.create_job().await? {
                return Ok(Err(violation));
            }
        }
        self.schedule(TimeDelta::hours(3), What::Person);
        self.schedule(TimeDelta::hours(5), What::Weather(true));
        let delay = self.chance.seconds(3_600, 48 * 3_600);
        self.schedule(delay, What::Deploy);
        while let Some(at) = self.next().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            if at >= calm_from && !self.is_calm {
                self.calm_down();
            }
            if let Err(violation) = self.step().await? {
                return Ok(Err(violation));
            }
        }
        self.now = end;
        self.judge().await
    }

    fn next(&self) -> Option<DateTime<Utc>> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        [queued, self.cloud.next(), self.sweep_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// From now on nothing goes wrong any more.
    fn calm_down(&mut self) {
        self.is_calm = true;
        self.mend();
        self.schedule(TimeDelta::minutes(2), What::Migrate);
        self.log(|| "calm".to_owned());
    }

    async fn step(&mut self) -> Step {
        let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
        if self.cloud.next().is_some_and(|at| at <= self.now) {
            self.fire_rules()?;
        } else if self.sweep_at.is_some_and(|at| at <= self.now) {
            self.sweep_at = None;
            if let Err(violation) = self.reconcile(reconciler::Event::Sweep).await? {
                return Ok(Err(violation));
            }
        } else if queued.is_some_and(|at| at <= self.now)
            && let Some((_, what)) = self.queue.pop_first()
            && let Err(violation) = self.happen(what).await?
        {
            return Ok(Err(violation));
        }
        self.hear();
        self.cloud.look(self.now)?;
        self.plan_sweep().await
    }

    async fn happen(&mut self, what: What) -> Step {
        match what {
            What::Deliver(event, tries) => self.deliver(event, tries).await,
            What::Resume(number) => self.resume(number).await,
            What::Changed(job_id) => {
                self.reconcile(reconciler::Event::ScheduleChanged { job_id })
                    .await
            }
            What::Unstall => self.unstall().await,
            What::Person => self.person().await,
            What::Press(job, action) => self.press_job(job, action).await,
            What::Weather(breaks) => {
                self.weather(breaks);
                Ok(Ok(()))
            }
            What::Deploy => {
                self.deploy();
                Ok(Ok(()))
            }
            What::Migrate => self.migrate().await,
        }
    }

    /// Reads what the bus was sent; requests and wake-ups go on to whom they are for.
    fn hear(&mut self) {
        for event in self.recorder.take() {
            match event {
                BusEvent::RunRequested { run_id, .. } => self.send(Event::Run { run_id }),
                BusEvent::RunFinished { run_id, .. } => drop(self.told.insert(run_id)),
                BusEvent::ScheduleChanged { job_id } => {
                    self.rules_may_differ = true;
                    let delay = self.chance.seconds(0, 3);
                    self.schedule(delay, What::Changed(job_id));
                }
            }
        }
    }

    /// The reconciler sweeps every minute. Minutes in which it would find nothing are left out:
    /// a sweep comes with the first minute in which one of its queries finds a row.
    async fn plan_sweep(&mut self) -> Step {
        self.workers.rest().await;
        self.desk.rest().await;
        if self.stalled.is_none() {
            self.sweepers.rest().await;
        }
        let needs = Needs::read_at_rest(&self.ledger).await?;
        let rules = self.rules_may_differ.then_some(self.now);
        let due = [needs.earliest(), rules].into_iter().flatten().min();
        self.sweep_at = due.map(|due| next_minute(due.max(self.now)));
        Ok(Ok(()))
    }

    pub(crate) fn schedule(&mut self, after: TimeDelta, what: What) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), what);
    }

    /// Tells a line of the timeline, when somebody listens.
    #[expect(clippy::print_stdout, reason = "the timeline of a replay")]
    pub(crate) fn log(&self, line: impl FnOnce() -> String) {
        if self.is_told {
            println!("{}  {}", self.now.format("%F %T%.3f"), line());
        }
    }
}

fn next_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    let into = time.timestamp_subsec_nanos();
    let second = time - TimeDelta::nanoseconds(into.into());
    second + TimeDelta::seconds(60 - second.timestamp().rem_euclid(60))
}
