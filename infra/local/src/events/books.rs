//! The books: buses, their rules and targets, and the file they are kept in between two starts.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::input::InputTransformer;
use super::pattern::Pattern;
use super::schedule::Schedule;
use crate::aws::error::ApiError;
use crate::aws::kept;
use crate::aws::tags::Tags;

/// The bus every account has, and the only one with schedules.
pub(super) const DEFAULT_BUS: &str = "default";

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Books {
    pub(super) buses: BTreeMap<String, Bus>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Bus {
    pub(super) description: Option<String>,
    pub(super) created: DateTime<Utc>,
    pub(super) tags: Tags,
    pub(super) rules: BTreeMap<String, Rule>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) description: Option<String>,
    pub(super) schedule_expression: Option<String>,
    pub(super) event_pattern: Option<String>,
    pub(super) role_arn: Option<String>,
    /// As given: `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub(super) state: String,
    /// When the schedule was set; a rate counts from here.
    pub(super) scheduled_at: DateTime<Utc>,
    pub(super) tags: Tags,
    pub(super) targets: BTreeMap<String, Target>,
    #[serde(skip)]
    pub(super) schedule: Option<Schedule>,
    #[serde(skip)]
    pub(super) pattern: Option<Pattern>,
    /// When the schedule fires next, also while the rule is disabled; moved by the clock alone.
    #[serde(skip)]
    pub(super) next_fire: Option<DateTime<Utc>>,
}

/// A target as it was put; what is not read here is kept as it came.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Books {
    /// Books with the default bus and the buses given.
    pub(super) fn new(bus_names: &[String], now: DateTime<Utc>) -> Self {
        let mut books = Self::default();
        books.add_buses(bus_names, now);
        books
    }

    /// Reads the books; new ones when there is no file yet.
    pub(super) fn open(
        file: &Path,
        bus_names: &[String],
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let mut books: Self = kept::open(file)?.unwrap_or_default();
        books.add_buses(bus_names, now);
        let buses = books.buses.values_mut();
        for rule in buses.flat_map(|bus| bus.rules.values_mut()) {
            rule.schedule = rule
                .schedule_expression
                .as_deref()
                .and_then(Schedule::parse);
            rule.pattern = rule
                .event_pattern
                .as_deref()
                .and_then(|pattern| Pattern::parse(pattern).ok());
            rule.reckon(now);
        }
        Ok(books)
    }

    /// When the clock has something to do next.
    pub(super) fn next_fire(&self) -> Option<DateTime<Utc>> {
        let rules = self.buses.get(DEFAULT_BUS)?.rules.values();
        rules
            .filter(|rule| rule.is_enabled())
            .filter_map(|rule| rule.next_fire)
            .min()
    }

    fn add_buses(&mut self, names: &[String], now: DateTime<Utc>) {
        for name in names.iter().map(String::as_str).chain([DEFAULT_BUS]) {
            self.buses
                .entry(name.to_owned())
                .or_insert_with(|| Bus::new(now));
        }
    }

    pub(super) fn bus(&self, name: &str) -> Result<&Bus, ApiError> {
        self.buses.get(name).ok_or_else(|| ApiError::no_bus(name))
    }

    pub(super) fn bus_mut(&mut self, name: &str) -> Result<&mut Bus, ApiError> {
        self.buses
            .get_mut(name)
            .ok_or_else(|| ApiError::no_bus(name))
    }

    pub(super) fn rule(&self, bus: &str, name: &str) -> Result<&Rule, ApiError> {
        self.bus(bus)?
            .rules
            .get(name)
            .ok_or_else(|| ApiError::no_rule(name, bus))
    }

    pub(super) fn rule_mut(&mut self, bus: &str, name: &str) -> Result<&mut Rule, ApiError> {
        self.bus_mut(bus)?
            .rules
            .get_mut(name)
            .ok_or_else(|| ApiError::no_rule(name, bus))
    }
}

impl Bus {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            description: None,
            created: now,
            tags: Tags::new(),
            rules: BTreeMap::new(),
        }
    }
}

impl Rule {
    pub(super) fn is_enabled(&self) -> bool {
        self.state != "DISABLED"
    }

    /// Reckons the next fire time after `now`.
    pub(super) fn reckon(&mut self, now: DateTime<Utc>) {
        self.next_fire = self
            .schedule
            .as_ref()
            .and_then(|schedule| schedule.next_after(now, self.scheduled_at));
    }
}
