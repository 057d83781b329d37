//! Functions that are invoked: events on their way, handlers at work, workers that die, freeze and
//! come back.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{AssetDownloadParams, Clock, JobType},
    runtime::{self, Event, Run, Worker},
};
use uuid::Uuid;

use crate::{
    checks,
    line::{Strike, Trouble},
    office::{Driven, Work},
    report::Violation,
    work::{Begun, End, Plan, Stage, work},
    world::{Step, What, World},
};

/// Lambda's longest invocation.
const INVOCATION: TimeDelta = TimeDelta::seconds(900);
/// A handler that will hang gets so long, because its time-out passes in real time.
const HANGING_INVOCATION: TimeDelta = TimeDelta::milliseconds(50);
/// What the runtime adds to the deadline for the lease.
const LEASE_MARGIN: TimeDelta = TimeDelta::seconds(10);
/// How often Lambda invokes anew after an invocation that failed.
const RETRIES_MAX: u32 = 2;
/// More statements than one delivery executes.
const STATEMENTS_MAX: u32 = 26;

/// An invocation whose handler waits for the simulator.
pub(crate) struct Delivery {
    pub(crate) event: Event,
    pub(crate) tries: u32,
    pub(crate) plan: Plan,
    pub(crate) begun: Option<Begun>,
    pub(crate) lease_until: DateTime<Utc>,
    pub(crate) is_exclusive: bool,
    token: Option<Uuid>,
    clock: Clock,
    skew: TimeDelta,
    stage: Rc<Stage>,
    work: Work<anyhow::Result<runtime::Delivery>>,
}

impl World {
    /// Rules and schedules fire; the cloud delivers as it likes.
    pub(crate) fn fire_rules(&mut self) -> anyhow::Result<()> {
        for event in self.cloud.fire(self.now)? {
            self.send(event);
        }
        Ok(())
    }

    /// Sends an event on its way: in time, late, twice, out of order, or never.
    pub(crate) fn send(&mut self, event: Event) {
        if !self.is_calm && self.chance.hits(8.0) {
            self.tally.fault("events dropped");
            self.log(|| format!("lost on its way: {event:?}"));
            return;
        }
        let is_late = !self.is_calm && self.chance.hits(10.0);
        let delay = match is_late {
            true => self.chance.seconds(30, 1_200),
            false => self.chance.seconds(0, 2),
        };
        if is_late {
            self.tally.fault("events late");
        }
        self.schedule(delay, What::Deliver(event, 0));
        if !self.is_calm && self.chance.hits(8.0) {
            self.tally.fault("events doubled");
            let delay = self.chance.seconds(0, 900);
            self.schedule(delay, What::Deliver(event, 0));
        }
    }

    /// Invokes the function.
    pub(crate) async fn deliver(&mut self, event: Event, tries: u32) -> Step {
        self.tally.invocations += 1;
        let plan = Plan::draw(&mut self.chance, if self.is_calm { 0.0 } else { 30.0 });
        let skew = self.chance.seconds(-2, 2);
        let clock = Clock::manual(self.now + skew);
        let deadline = match plan.end {
            End::Hang => clock.now() + HANGING_INVOCATION,
            _ => self.now + INVOCATION,
        };
        let worker = Worker {
            job_type: JobType::AssetDownload,
            db: self.workers.db.clone(),
            bus: self.bus.clone(),
            clock: clock.clone(),
        };
        let stage = Rc::new(Stage::default());
        let of_work = Rc::clone(&stage);
        let delivery = Delivery {
            event,
            tries,
            plan,
            begun: None,
            lease_until: deadline + LEASE_MARGIN,
            is_exclusive: false,
            token: None,
            clock,
            skew,
            stage,
            work: Box::pin(async move {
                let handler =
                    async |run: &Run<AssetDownloadParams>| work(&of_work, plan, run).await;
                runtime::deliver(&worker, event, deadline, &handler).await
            }),
        };
        self.go_on(delivery).await
    }

    /// A handler has worked long enough; or its worker never comes back.
    pub(crate) async fn resume(&mut self, number: u64) -> Step {
        let Some(delivery) = self.parked.remove(&number) else {
            return Ok(Ok(()));
        };
        let Some(begun) = delivery.begun else {
            return Ok(Ok(()));
        };
        if delivery.plan.end == End::Killed {
            self.tally.fault("workers killed at work");
            self.log(|| format!("killed at work on {}", begun.run));
            self.deliver_again(&delivery);
            return Ok(Ok(()));
        }
        delivery.clock.set(self.now + delivery.skew);
        *delivery.stage.is_stopped.borrow_mut() = self.stopped.contains(&begun.run);
        if delivery.plan.end == End::Hang {
            self.tally.fault("handlers hung");
        } else {
            delivery.stage.resumed.notify_one();
        }
        let is_zombie = checks::token(&self.ledger, begun.run).await? != delivery.token;
        if !is_zombie {
            return self.go_on(delivery).await;
        }
        self.tally.fault("workers back from the dead");
        let before = checks::picture(&self.ledger, begun.job).await?;
        let outcome = self.go_on(delivery).await?;
        let after = checks::picture(&self.ledger, begun.job).await?;
        if outcome.is_ok() && before != after {
            return Ok(Err(Violation {
                invariant: "a worker that lost its lease writes nothing",
                found: format!("{} changed\n{before}\nto\n{after}", begun.run),
            }));
        }
        Ok(outcome)
    }

    /// Lets a delivery go on until it ends or waits, under whatever trouble comes.
    async fn go_on(&mut self, mut delivery: Delivery) -> Step {
        let trouble = self.trouble(6.0, STATEMENTS_MAX, &[Strike::Cut, Strike::Death]);
        self.workers.line.expect(trouble);
        self.brace_bus();
        let driven = self
            .workers
            .drive(&mut delivery.work, &delivery.stage)
            .await;
        delivery.begun = *delivery.stage.begun.borrow();
        if let Some((invariant, found)) = delivery.stage.complaint.take() {
            return Ok(Err(Violation { invariant, found }));
        }
        match driven {
            Driven::Done(Ok(done)) => {
                self.log(|| told(&delivery, &done));
                Ok(Ok(()))
            }
            Driven::Done(Err(error)) => self.failed(&delivery, &error),
            Driven::Parked => self.park(delivery).await,
            Driven::Stalled | Driven::Died => {
                let (event, begun) = (delivery.event, delivery.begun);
                self.tally.fault("workers killed at a statement");
                self.log(|| format!("killed at a statement: {event:?} {begun:?}"));
                self.deliver_again(&delivery);
                drop(delivery);
                self.workers.line.release(false);
                Ok(Ok(()))
            }
        }
    }

    fn failed(&mut self, delivery: &Delivery, error: &anyhow::Error) -> Step {
        if !self.workers.line.is_excused() {
            return Ok(Err(Violation {
                invariant: "an invocation fails only when something was made to fail",
                found: format!("{:?}: {error:#}", delivery.event),
            }));
        }
        self.tally.fault("connections cut");
        self.log(|| format!("{:?} failed: {error:#}", delivery.event));
        self.deliver_again(delivery);
        Ok(Ok(()))
    }

    /// Lambda invokes anew after a failed invocation, but not for ever and not always.
    fn deliver_again(&mut self, delivery: &Delivery) {
        if delivery.tries < RETRIES_MAX && self.chance.hits(60.0) {
            let delay = TimeDelta::seconds(60);
            self.schedule(delay, What::Deliver(delivery.event, delivery.tries + 1));
        }
    }

    async fn park(&mut self, mut delivery: Delivery) -> Step {
        let Some(begun) = delivery.begun else {
            return Ok(Ok(()));
        };
        self.log(|| {
            let Begun {
                run,
                attempt,
                segment,
                ..
            } = begun;
            let (name, plan) = (self.name(begun.job), delivery.plan);
            format!("{name}: run {run} attempt {attempt} segment {segment} begins: {plan:?}")
        });
        let begins = checks::begins(&self.ledger, begun.run).await?;
        delivery.token = begins.lease_token;
        delivery.is_exclusive = begins.is_exclusive;
        let outcome = self.check_start(begun, begins.is_tick);
        let until = match delivery.plan.end {
            End::Hang => self.now + TimeDelta::seconds(8),
            End::Frozen => delivery.lease_until + self.chance.seconds(-10, 240),
            _ => self.now + delivery.plan.works_for,
        };
        if !self.is_calm && self.chance.hits(6.0) {
            let action = self.chance.pick(&["archive", "cancel", "cancel"], "cancel");
            let action = What::Press(begun.job, action);
            self.schedule(delivery.plan.works_for / 2, action);
        }
        self.sequence += 1;
        let number = self.sequence;
        self.parked.insert(number, delivery);
        self.schedule(until - self.now, What::Resume(number));
        Ok(outcome.and_then(|()| self.check_slots()))
    }

    /// Trouble on a line in `percent` of the cases.
    pub(crate) fn trouble(
        &mut self,
        percent: f64,
        statements: u32,
        strikes: &[Strike],
    ) -> Option<Trouble> {
        if self.is_calm || !self.chance.hits(percent) {
            return None;
        }
        let strike = self.chance.pick(strikes, Strike::Cut);
        let most = if strike == Strike::Stall {
            4
        } else {
            statements
        };
        Some(Trouble {
            strike,
            after: self.chance.number(0, most),
            is_done: strike != Strike::Stall && self.chance.hits(50.0),
        })
    }

    /// The bus is down for a while, or for one call only.
    pub(crate) fn brace_bus(&mut self) {
        let is_down = self.is_bus_down || (!self.is_calm && self.chance.hits(3.0));
        if is_down {
            self.tally.fault("bus down");
        }
        self.recorder_is_down = is_down;
        self.recorder.set_down(is_down);
    }
}

fn told(delivery: &Delivery, done: &runtime::Delivery) -> String {
    let (event, begun) = (delivery.event, delivery.begun.map(|begun| begun.run));
    match (done.status, done.note) {
        (Some(status), _) => format!("run {:?} ended this invocation as {status}", done.run_id),
        (None, note) => format!("{event:?} {begun:?}: {}", note.unwrap_or_default()),
    }
}
