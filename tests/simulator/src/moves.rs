//! Moves from one of the cloud's clocks to the other: somebody deploys the setting, and has the
//! rules moved some time later. That may fail, be done twice, or come after the next move only.

use std::{io, rc::Rc};

use chrono::{DateTime, TimeDelta, Utc};
use reconciler::{
    Reconciler,
    cli::{self, MigrateArgs},
    rules::Schedules,
};
use shared::config::{ClockBackend, Rules, RulesOwner, Scheduler};

use crate::{
    line::Strike,
    office::{Driven, Work},
    report::Violation,
    schedules::Fault,
    verdicts::{Verdict, broken},
    work::Stage,
    world::{Step, What, World},
};

/// A deployment takes so long until invocations of the old version are over.
const DEPLOYMENT: TimeDelta = TimeDelta::seconds(60);
/// More statements than one move executes.
const STATEMENTS_MAX: u32 = 14;
/// More calls to the cloud than most sweeps and moves make.
const CALLS_MAX: u32 = 5;

/// How far the last move has come.
#[derive(Debug)]
pub(crate) struct Moving {
    /// The reconciler's, which name the clock in use.
    pub(crate) settings: Rules,
    /// Whether the rules have followed the setting.
    pub(crate) is_done: bool,
    deployed_at: DateTime<Utc>,
}

impl Moving {
    /// This clock has always been the one in use.
    pub(crate) fn begin(clock: ClockBackend, now: DateTime<Utc>) -> Self {
        Self {
            settings: Rules {
                prefix: "sundial".to_owned(),
                function_arn: "arn:aws:lambda:us-east-1:1:function:{function}".to_owned(),
                calls_per_second: 1_000,
                owner: RulesOwner::Reconciler,
                clock,
                scheduler: Scheduler {
                    group: "sundial".to_owned(),
                    role_arn: "arn:aws:iam::1:role/sundial-scheduler".to_owned(),
                    queue_arn: String::new(),
                },
            },
            is_done: true,
            deployed_at: now,
        }
    }
}

impl World {
    /// Somebody moves to the other clock, and somebody else back, sometimes at once.
    pub(crate) fn deploy(&mut self) {
        if self.is_calm {
            return;
        }
        let delay = match self.chance.hits(20.0) {
            true => self.chance.seconds(60, 3_600),
            false => self.chance.seconds(6 * 3_600, 5 * 24 * 3_600),
        };
        self.schedule(delay, What::Deploy);
        let delay = match self.chance.number(0, 9) {
            0 => None,
            1..=3 => Some(self.chance.seconds(3_600, 12 * 3_600)),
            _ => Some(self.chance.seconds(60, 1_200)),
        };
        self.move_clock(delay);
    }

    /// The reconciler goes on with the other clock; its rules follow after `delay`, or never.
    pub(crate) fn move_clock(&mut self, delay: Option<TimeDelta>) {
        let Moving { settings, .. } = &mut self.moving;
        settings.clock = settings.clock.other();
        let settings = settings.clone();
        self.moving.is_done = false;
        self.moving.deployed_at = self.now;
        self.tally.action("clock moved");
        self.log(|| format!("the clock is {} now", settings.clock));
        self.reconciler = Reconciler::new(
            self.sweepers.db.clone(),
            self.bus.clone(),
            self.cloud.client(settings.clock),
            settings,
            self.reconciler_clock.0.clone(),
        );
        self.rules_may_differ = true;
        if let Some(delay) = delay {
            self.schedule(delay, What::Migrate);
        }
    }

    /// Somebody has the rules moved.
    pub(crate) async fn migrate(&mut self) -> Step {
        let deployed = self.moving.deployed_at + DEPLOYMENT;
        if deployed > self.now {
            self.schedule(deployed - self.now, What::Migrate);
            return Ok(Ok(()));
        }
        let mut work = self.migration();
        let strikes = [Strike::Cut, Strike::Death];
        let trouble = self.trouble(20.0, STATEMENTS_MAX, &strikes);
        self.desk.line.expect(trouble);
        self.brace_cloud();
        let waking = self.cloud.waking();
        let driven = self.desk.drive(&mut work, &Rc::new(Stage::default())).await;
        self.rules_may_differ = true;
        let kept = self.check_kept(&waking).await?;
        let is_excused = self.is_cloud_excused() || self.desk.line.is_excused();
        let outcome = match driven {
            Driven::Done(Ok(())) => self.migrated().await?,
            Driven::Done(Err(found)) if !is_excused => {
                broken("a move fails only when something was made to fail", found)
            }
            Driven::Done(Err(error)) => {
                self.log(|| format!("the rules are not moved: {error}"));
                self.migrate_again();
                Ok(())
            }
            Driven::Parked | Driven::Stalled | Driven::Died => {
                drop(work);
                self.desk.line.release(false);
                self.log(|| "whoever moves the rules dies".to_owned());
                self.migrate_again();
                Ok(())
            }
        };
        Ok(kept.and(outcome))
    }

    fn migration(&self) -> Work<Result<(), String>> {
        let (clock, skew) = &self.desk_clock;
        clock.set(self.now + *skew);
        let settings = self.moving.settings.clone();
        let old = self.cloud.client(settings.clock.other());
        let schedules = Schedules {
            db: self.desk.db.clone(),
            cloud: self.cloud.client(settings.clock),
            settings,
            clock: clock.clone(),
        };
        Box::pin(async move {
            let (args, mut out) = (MigrateArgs::default(), io::sink());
            let moved = cli::migrate_clock(&schedules, old.as_ref(), &args, &mut out).await;
            moved.map_err(|error| error.to_string())
        })
    }

    /// What says that it is done must be done.
    async fn migrated(&mut self) -> Step {
        self.moving.is_done = true;
        self.tally.action("clock migrated");
        self.log(|| "the rules are moved".to_owned());
        if !self.is_calm && self.chance.hits(25.0) {
            let delay = self.chance.seconds(0, 600);
            self.schedule(delay, What::Migrate);
        }
        self.check_rules().await
    }

    fn migrate_again(&mut self) {
        self.tally.fault("migrations failed");
        let delay = self.chance.seconds(60, 3_600);
        self.schedule(delay, What::Migrate);
    }

    /// One call to Scheduler fails, or its answer is lost.
    pub(crate) fn brace_cloud(&mut self) {
        let is_unheard = self.chance.hits(50.0);
        let glitch = (!self.is_calm && self.chance.hits(6.0)).then(|| {
            let fault = match is_unheard {
                true => Fault::Unheard,
                false => Fault::Refused("ThrottlingException"),
            };
            (self.chance.number(0, CALLS_MAX), fault)
        });
        self.cloud.schedules.expect(glitch);
    }

    /// Whether a change of rules that fails now may fail.
    pub(crate) fn is_cloud_excused(&mut self) -> bool {
        let is_struck = self.cloud.schedules.is_struck();
        if is_struck {
            self.tally.fault("calls to the cloud lost");
        }
        is_struck || self.is_cloud_broken
    }

    /// The last move has come to its end.
    pub(crate) fn moved(&self) -> Verdict {
        match self.moving.is_done {
            true => self.check_left(),
            false => Err(Violation {
                invariant: "a move comes to its end",
                found: format!("{:?}", self.moving),
            }),
        }
    }
}
