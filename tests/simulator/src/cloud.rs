//! The cloud's clocks: what the reconciler wrote to either service fires by an evaluation of its
//! expressions that knows nothing of the product's schedules. Both fire at all times, whichever
//! of them is in use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use shared::{
    clients::cloud_clock::{CloudClock, Rule, SCHEDULED_TIME, StandInEventBridge, StandInRule},
    config::ClockBackend,
    runtime::Event,
};
use sundial_local::{events::cron::Cron, scheduler::Expression};

use crate::schedules::Schedules;

/// What fires: a rule of EventBridge, or a schedule of Scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Timer {
    of: ClockBackend,
    is_enabled: bool,
    expression: String,
    zone: String,
    /// What each target is given, with the service's placeholder where the time goes.
    inputs: Vec<String>,
}

/// The timers of both services, and when each fires next.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) rules: StandInEventBridge,
    pub(crate) schedules: Schedules,
    rules_client: Arc<dyn CloudClock>,
    /// By name. A schedule is called like its job's rule, and a digest more.
    timers: BTreeMap<String, Timer>,
    next: BTreeMap<String, DateTime<Utc>>,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        let rules = StandInEventBridge::start().await;
        Self {
            rules_client: Arc::new(rules.client()),
            rules,
            schedules: Schedules::default(),
            timers: BTreeMap::new(),
            next: BTreeMap::new(),
        }
    }

    /// How the product reaches one of the services.
    pub(crate) fn client(&self, clock: ClockBackend) -> Arc<dyn CloudClock> {
        match clock {
            ClockBackend::Rules => Arc::clone(&self.rules_client),
            ClockBackend::Scheduler => Arc::new(self.schedules.clone()),
        }
    }

    /// Looks at the timers again, after somebody may have changed them.
    pub(crate) fn look(&mut self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let timers = self.read();
        self.next.retain(|name, _| timers.contains_key(name));
        for (name, timer) in &timers {
            if self.timers.get(name) != Some(timer) {
                self.next.remove(name);
                if let Some(next) = timer.next_fire(now)? {
                    self.next.insert(name.clone(), next);
                }
            }
        }
        self.timers = timers;
        Ok(())
    }

    fn read(&self) -> BTreeMap<String, Timer> {
        let rules = self.rules.rules().into_iter();
        let schedules = self.schedules.all().into_iter();
        rules
            .map(|(name, rule)| (name, of_rule(rule)))
            .chain(schedules.map(|(name, schedule)| (name, of_schedule(schedule))))
            .collect()
    }

    /// When the next timer fires.
    pub(crate) fn next(&self) -> Option<DateTime<Utc>> {
        self.next.values().min().copied()
    }

    /// The same, and which it is.
    pub(crate) fn next_timer(&self) -> Option<(DateTime<Utc>, String)> {
        let next = self.next.iter().map(|(name, at)| (*at, name.clone()));
        next.min()
    }

    /// Timers that will fire.
    pub(crate) fn waking(&self) -> BTreeSet<String> {
        self.next.keys().cloned().collect()
    }

    /// What one of the services holds, and whether it fires as long as it is there.
    pub(crate) fn held(&self, clock: ClockBackend) -> BTreeMap<String, bool> {
        let timers = self.read().into_iter();
        let held = timers.filter(|(_, timer)| timer.of == clock);
        held.map(|(name, timer)| (name, timer.is_enabled)).collect()
    }

    /// Whether the timer fires at `time`.
    pub(crate) fn fires_at(&self, name: &str, time: DateTime<Utc>) -> anyhow::Result<bool> {
        let before = time - TimeDelta::seconds(1);
        let next = self.timers.get(name).map(|timer| timer.next_fire(before));
        Ok(next.transpose()?.flatten() == Some(time))
    }

    /// The events of every timer that fires at `now`.
    pub(crate) fn fire(&mut self, now: DateTime<Utc>) -> anyhow::Result<Vec<Event>> {
        let mut events = vec![];
        let due: Vec<String> = self
            .next
            .iter()
            .filter(|(_, next)| **next <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.next.remove(&name);
            let Some(timer) = self.timers.get(&name) else {
                continue;
            };
            if let Some(next) = timer.next_fire(now)? {
                self.next.insert(name, next);
            }
            for input in &timer.inputs {
                events.push(timer.event(input, now)?);
            }
        }
        Ok(events)
    }
}

fn of_rule(rule: StandInRule) -> Timer {
    let template = |target: &Value| {
        let template = target.pointer("/InputTransformer/InputTemplate");
        template
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Timer {
        of: ClockBackend::Rules,
        is_enabled: rule.state == "ENABLED",
        inputs: rule.targets.values().map(template).collect(),
        expression: rule.expression,
        zone: Tz::UTC.name().to_owned(),
    }
}

fn of_schedule(schedule: Rule) -> Timer {
    Timer {
        of: ClockBackend::Scheduler,
        is_enabled: schedule.is_enabled,
        expression: schedule.expression,
        zone: schedule.zone,
        inputs: vec![schedule.target.input_template],
    }
}

impl Timer {
    /// `None`: it is disabled, has no target, or never fires again.
    fn next_fire(&self, after: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
        if !self.is_enabled || self.inputs.is_empty() {
            return Ok(None);
        }
        let refused = || format!("AWS would refuse {} in {}", self.expression, self.zone);
        match self.of {
            ClockBackend::Rules => {
                let fields = self.expression.strip_prefix("cron(");
                let fields = fields.and_then(|rest| rest.strip_suffix(')'));
                let cron = fields.and_then(Cron::parse).with_context(refused)?;
                Ok(cron.next_after(after))
            }
            ClockBackend::Scheduler => {
                let zone: Tz = self.zone.parse().with_context(refused)?;
                let expression = Expression::parse(&self.expression).with_context(refused)?;
                Ok(expression.next_after(zone, after))
            }
        }
    }

    /// What the service makes of a target's input when it fires.
    fn event(&self, input: &str, time: DateTime<Utc>) -> anyhow::Result<Event> {
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let input = match self.of {
            ClockBackend::Rules => input.replace("<time>", &format!("\"{time}\"")),
            ClockBackend::Scheduler => input.replace(SCHEDULED_TIME, &time),
        };
        Ok(serde_json::from_str(&input)?)
    }
}
