//! A plan in time: which fires it brings and which it takes away. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    desired::counted_after,
    mark::{Mark, When},
    plan::Change,
};

/// How far ahead.
pub const AHEAD: TimeDelta = TimeDelta::days(7);

/// Fires of one rule that are compared: every minute of the seven days.
const FIRES_MAX: usize = 7 * 24 * 60;

/// Fires told by their time; the others are counted.
const TOLD_MAX: usize = 5;

/// Fires, told and counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fires {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<DateTime<Utc>>,
}

/// What a change does to the fires of the next seven days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Fires that come with it.
    pub appear: Fires,
    /// Fires that go with it.
    pub vanish: Fires,
}

/// Compares the fires before and after `change`, those in a pause that ends by itself aside: they do
/// not run either way. A schedule that cannot be read has none: the
/// rule it belonged to was made by another version of this program.
#[must_use]
pub fn forecast(change: &Change, now: DateTime<Utc>) -> Forecast {
    let after_pause = counted_after(change.desired().and_then(|it| it.paused_until), now);
    let fires = |when: Option<&When>| {
        let fires = when.map(|when| when.fires(after_pause, now + AHEAD, FIRES_MAX));
        fires.and_then(Result::ok).unwrap_or_default()
    };
    let before = fires(before(change).as_ref());
    let after = fires(after(change));
    Forecast {
        appear: told(&after, &before),
        vanish: told(&before, &after),
    }
}

/// What fires today.
fn before(change: &Change) -> Option<When> {
    match change {
        Change::Create(_) => None,
        Change::Update { was, .. }
        | Change::Enable { was, .. }
        | Change::Disable { was, .. }
        | Change::Delete(was) => {
            let mark = was.description.as_deref().and_then(Mark::find);
            mark.filter(|_| was.is_enabled).map(|mark| mark.when)
        }
    }
}

/// What will fire.
fn after(change: &Change) -> Option<&When> {
    let desired = change.desired()?;
    desired.rule.is_enabled.then_some(&desired.mark.when)
}

/// The fires of `some` that are not among `others`; both ascend.
fn told(some: &[DateTime<Utc>], others: &[DateTime<Utc>]) -> Fires {
    let only: Vec<_> = some
        .iter()
        .filter(|fire| others.binary_search(fire).is_err())
        .copied()
        .collect();
    Fires {
        count: only.len(),
        first: only.into_iter().take(TOLD_MAX).collect(),
    }
}

#[cfg(test)]
mod tests;
