//! A plan in time: which fires it brings and which it takes away. Pure.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::{
    load::counted_after,
    schedule::diff::{AHEAD, Difference, FIRES_MAX, Fires},
};

use crate::{
    mark::{Mark, When},
    plan::Change,
};

/// Fires told by their time; the others are counted.
const TOLD_MAX: usize = 5;

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
    let Difference { appear, vanish, .. } = Difference::between(&before, &after, TOLD_MAX);
    Forecast { appear, vanish }
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

#[cfg(test)]
mod tests;
