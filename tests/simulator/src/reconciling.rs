//! The reconciler's invocations: every minute, when the bus wakes it, and after standing still.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use reconciler::Event;

use crate::{
    checks::{self, Needs},
    line::{Strike, Trouble},
    office::{Driven, Work},
    report::Violation,
    work::Stage,
    world::{Step, What, World},
};

/// The reconciler's invocation.
const INVOCATION: TimeDelta = TimeDelta::seconds(60);
/// More statements than most sweeps execute.
const STATEMENTS_MAX: u32 = 40;

type Answer = Result<reconciler::Report, String>;

impl World {
    /// Invokes the reconciler. While one stands still there is no other.
    pub(crate) async fn reconcile(&mut self, event: Event) -> Step {
        if self.stalled.is_some() {
            return Ok(Ok(()));
        }
        self.tally.invocations += 1;
        self.set_reconciler_clock();
        let reconciler = self.reconciler.clone();
        let deadline = self.now + INVOCATION;
        let work: Work<Answer> = Box::pin(async move {
            let answer = reconciler.handle(event, deadline).await;
            answer.map_err(|failures| failures.to_string())
        });
        let trouble = self.sweep_trouble();
        self.sweepers.line.expect(trouble);
        self.sweep_on(work, event == Event::Sweep).await
    }

    /// What goes wrong with a sweep. While a frozen worker is about to come back, it is often that
    /// the sweep stands still between finding the lost run and failing it: the tightest race.
    fn sweep_trouble(&mut self) -> Option<Trouble> {
        let now = self.now;
        let is_race = self.parked.values().any(|it| it.lease_until < now);
        if is_race && !self.is_calm && self.chance.hits(40.0) {
            return Some(Trouble {
                strike: Strike::Stall,
                after: 1,
                is_done: false,
            });
        }
        let strikes = [Strike::Cut, Strike::Death, Strike::Stall];
        self.trouble(8.0, STATEMENTS_MAX, &strikes)
    }

    /// A stalled reconciler goes on with what it saw before.
    pub(crate) async fn unstall(&mut self) -> Step {
        let Some(work) = self.stalled.take() else {
            return Ok(Ok(()));
        };
        self.set_reconciler_clock();
        self.sweepers.line.release(true);
        self.sweep_on(work, false).await
    }

    async fn sweep_on(&mut self, mut work: Work<Answer>, is_whole_sweep: bool) -> Step {
        self.brace_bus();
        self.brace_cloud();
        let is_bus_down = self.recorder_is_down;
        let leases = match self.parked.is_empty() {
            true => vec![],
            false => checks::leases(&self.ledger, self.now).await?,
        };
        let waking = self.cloud.waking();
        let driven = self
            .sweepers
            .drive(&mut work, &Rc::new(Stage::default()))
            .await;
        let outcome = checks::still_leased(&self.ledger, &leases).await?;
        // One that stood still has seen a clock that may be another by now.
        let outcome = match self.sweepers.line.struck() {
            Some(Strike::Stall) => outcome,
            _ => outcome.and(self.check_kept(&waking).await?),
        };
        if let Err(violation) = outcome {
            return Ok(Err(violation));
        }
        let is_cloud_excused = self.is_cloud_excused();
        let is_excused = self.sweepers.line.is_excused();
        match driven {
            Driven::Done(Ok(report)) => {
                self.log(|| format!("reconciled: {report:?}"));
                match is_whole_sweep && !is_excused && !is_bus_down {
                    true => self.after_sweep().await,
                    false => Ok(Ok(())),
                }
            }
            Driven::Done(Err(failures)) => {
                self.log(|| format!("reconciled in part: {failures}"));
                let is_excused = is_excused || is_bus_down || is_cloud_excused;
                Ok(excuse(is_excused, failures))
            }
            Driven::Parked | Driven::Died => {
                drop(work);
                self.tally.fault("reconcilers killed");
                self.log(|| "the reconciler dies".to_owned());
                self.sweepers.line.release(false);
                Ok(Ok(()))
            }
            Driven::Stalled => {
                self.tally.fault("reconcilers stalled");
                self.log(|| "the reconciler stands still".to_owned());
                self.stalled = Some(work);
                let delay = self.chance.seconds(5, 400);
                self.schedule(delay, What::Unstall);
                Ok(Ok(()))
            }
        }
    }

    /// After a sweep that nothing disturbed, nothing is left that it should have done.
    async fn after_sweep(&mut self) -> Step {
        self.rules_may_differ = false;
        let needs = Needs::read(&self.ledger).await?;
        match needs.overdue(self.reconciler_now()) {
            Err(violation) => Ok(Err(violation)),
            Ok(()) => self.check_rules().await,
        }
    }

    fn set_reconciler_clock(&self) {
        let (clock, skew) = &self.reconciler_clock;
        clock.set(self.now + *skew);
    }

    /// What the reconciler's clock shows.
    pub(crate) fn reconciler_now(&self) -> DateTime<Utc> {
        self.reconciler_clock.0.now()
    }
}

fn excuse(is_excused: bool, failures: String) -> Result<(), Violation> {
    match is_excused {
        true => Ok(()),
        false => Err(Violation {
            invariant: "a sweep fails only when something was made to fail",
            found: failures,
        }),
    }
}
