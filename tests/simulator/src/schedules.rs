//! EventBridge Scheduler in memory: schedules by name, and calls that fail as they were told to.
//!
//! How one schedule takes the place of another is left to the product.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use shared::{
    clients::cloud_clock::{CloudClock, CloudClockError, ListedRule, Rule},
    config::ClockBackend,
};

/// What Scheduler is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    List,
    Describe,
    Create,
    Delete,
}

/// How a call fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// With this code, and nothing is done.
    Refused(&'static str),
    /// It is done, and nobody hears of it.
    Unheard,
}

/// The schedules of one group. Clones are handles of the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedules(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    schedules: BTreeMap<String, Rule>,
    /// Calls that fail for all that is called like this, until they are mended.
    broken: Vec<(Call, String, Fault)>,
    /// After so many more calls, one that fails.
    glitch: Option<(u32, Fault)>,
    is_struck: bool,
}

impl Schedules {
    /// What there is.
    pub(crate) fn all(&self) -> BTreeMap<String, Rule> {
        self.lock().schedules.clone()
    }

    /// From now on `call` fails for every name that starts with `about`.
    pub(crate) fn fail(&self, call: Call, about: &str, fault: Fault) {
        self.lock().broken.push((call, about.to_owned(), fault));
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        let mut state = self.lock();
        state.broken.clear();
        state.glitch = None;
    }

    /// Lets a single call fail, or none.
    pub(crate) fn expect(&self, glitch: Option<(u32, Fault)>) {
        let mut state = self.lock();
        state.glitch = glitch;
        state.is_struck = false;
    }

    /// Whether the single call failed that was last expected to.
    pub(crate) fn is_struck(&self) -> bool {
        self.lock().is_struck
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what is asked for, or fails, or both.
    fn answer<T>(
        &self,
        call: Call,
        name: &str,
        work: impl FnOnce(&mut BTreeMap<String, Rule>) -> T,
    ) -> Result<T, CloudClockError> {
        let mut state = self.lock();
        match state.fault(call, name) {
            None => Ok(work(&mut state.schedules)),
            Some(Fault::Refused(code)) => Err(failed(call, name, Some(code))),
            Some(Fault::Unheard) => {
                work(&mut state.schedules);
                Err(failed(call, name, None))
            }
        }
    }
}

impl State {
    fn fault(&mut self, call: Call, name: &str) -> Option<Fault> {
        match self.glitch.take() {
            Some((0, fault)) => {
                self.is_struck = true;
                return Some(fault);
            }
            later => self.glitch = later.map(|(calls, fault)| (calls - 1, fault)),
        }
        let mut broken = self.broken.iter();
        let of_call = broken.find(|(of, about, _)| *of == call && name.starts_with(about));
        of_call.map(|(_, _, fault)| *fault)
    }
}

fn failed(call: Call, name: &str, code: Option<&str>) -> CloudClockError {
    let why = code.unwrap_or("no answer").to_owned();
    CloudClockError::Call {
        doing: match call {
            Call::List => "listing",
            Call::Describe => "looking at",
            Call::Create => "creating",
            Call::Delete => "deleting",
        },
        name: name.to_owned(),
        code: code.map(str::to_owned),
        source: why.clone().into(),
        why,
    }
}

#[async_trait]
impl CloudClock for Schedules {
    fn backend(&self) -> ClockBackend {
        ClockBackend::Scheduler
    }

    /// Neither expressions nor descriptions are told.
    async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, CloudClockError> {
        self.answer(Call::List, prefix, |all| {
            let ours = all.values().filter(|it| it.name.starts_with(prefix));
            ours.map(listed).collect()
        })
    }

    async fn describe(&self, rule: ListedRule) -> Result<ListedRule, CloudClockError> {
        let found = self.answer(Call::Describe, &rule.name, |all| {
            all.get(&rule.name).cloned()
        });
        Ok(match found? {
            None => rule,
            Some(it) => ListedRule {
                expression: Some(it.expression),
                description: Some(it.description),
                ..rule
            },
        })
    }

    async fn names_by_target(&self, _: &str) -> Result<Option<BTreeSet<String>>, CloudClockError> {
        Ok(None)
    }

    /// One of the same name stays as it is.
    async fn create(&self, rule: &Rule) -> Result<(), CloudClockError> {
        self.answer(Call::Create, &rule.name, |all| {
            let place = all.entry(rule.name.clone());
            place.or_insert_with(|| rule.clone());
        })
    }

    async fn delete(&self, name: &str) -> Result<(), CloudClockError> {
        self.answer(Call::Delete, name, |all| drop(all.remove(name)))
    }
}

fn listed(rule: &Rule) -> ListedRule {
    ListedRule {
        name: rule.name.clone(),
        is_enabled: rule.is_enabled,
        target: Some(rule.target.arn.clone()),
        ..ListedRule::default()
    }
}
