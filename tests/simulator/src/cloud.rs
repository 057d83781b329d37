//! The cloud's clock: rules that the reconciler wrote fire by an evaluation of their expressions
//! that knows nothing of the product's schedules.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use shared::{
    clients::cloud_clock::{StandInEventBridge, StandInRule},
    runtime::Event,
};
use sundial_local::events::cron::Cron;

/// The rules, and when each fires next.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) stand_in: StandInEventBridge,
    rules: BTreeMap<String, StandInRule>,
    next: BTreeMap<String, DateTime<Utc>>,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        Self {
            stand_in: StandInEventBridge::start().await,
            rules: BTreeMap::new(),
            next: BTreeMap::new(),
        }
    }

    /// Looks at the rules again, after somebody may have changed them.
    pub(crate) fn look(&mut self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let rules = self.stand_in.rules();
        self.next.retain(|name, _| rules.contains_key(name));
        for (name, rule) in &rules {
            if self.rules.get(name) != Some(rule) {
                self.next.remove(name);
                if let Some(next) = next_fire(rule, now)? {
                    self.next.insert(name.clone(), next);
                }
            }
        }
        self.rules = rules;
        Ok(())
    }

    /// When the next rule fires.
    pub(crate) fn next(&self) -> Option<DateTime<Utc>> {
        self.next.values().min().copied()
    }

    /// The same, and which it is.
    pub(crate) fn next_rule(&self) -> Option<(DateTime<Utc>, String)> {
        let next = self.next.iter().map(|(name, at)| (*at, name.clone()));
        next.min()
    }

    /// Whether the rule fires at `time`.
    pub(crate) fn fires_at(&self, name: &str, time: DateTime<Utc>) -> anyhow::Result<bool> {
        let rules = self.stand_in.rules();
        let before = time - TimeDelta::seconds(1);
        let next = rules.get(name).map(|rule| next_fire(rule, before));
        Ok(next.transpose()?.flatten() == Some(time))
    }

    /// Rules that fire as long as they are there.
    pub(crate) fn enabled(&self) -> Vec<String> {
        let rules = self.stand_in.rules().into_iter();
        let enabled = rules.filter(|(_, rule)| rule.state == "ENABLED");
        enabled.map(|(name, _)| name).collect()
    }

    /// The events of every rule that fires at `now`.
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
            let Some(rule) = self.rules.get(&name) else {
                continue;
            };
            if let Some(next) = next_fire(rule, now)? {
                self.next.insert(name, next);
            }
            for target in rule.targets.values() {
                events.push(event(target, now)?);
            }
        }
        Ok(events)
    }
}

/// `None`: it is disabled, has no target, or never fires again.
fn next_fire(rule: &StandInRule, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    if rule.state != "ENABLED" || rule.targets.is_empty() {
        return Ok(None);
    }
    let fields = rule.expression.strip_prefix("cron(");
    let fields = fields.and_then(|rest| rest.strip_suffix(')'));
    let cron = fields.and_then(Cron::parse);
    let cron = cron.ok_or_else(|| anyhow::anyhow!("AWS would refuse {}", rule.expression))?;
    Ok(cron.next_after(now))
}

/// What the target's input transformer makes of the clock's event.
fn event(target: &Value, time: DateTime<Utc>) -> anyhow::Result<Event> {
    let template = target.pointer("/InputTransformer/InputTemplate");
    let template = template.and_then(Value::as_str).unwrap_or_default();
    let time = format!("\"{}\"", time.to_rfc3339_opts(SecondsFormat::Secs, true));
    Ok(serde_json::from_str(&template.replace("<time>", &time))?)
}
