//! The accounted figure: of the last day's fire times, how many have their verdict.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::audit::{Tally, Window},
    runtime::audit::{self, Audit, AuditError, Room},
    store::Tx,
};

use crate::problem::Problem;

/// What is looked back on.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// What a page may take of our memory and of its reader's patience.
const ROOM: Room = Room {
    attempts: 50_000,
    changes: 50_000,
};

/// The figure.
#[derive(Clone, Debug)]
pub(super) struct Accounted {
    pub(super) expected: u64,
    /// Those with a verdict, or still on their way to one.
    pub(super) accounted: u64,
    pub(super) lost: u64,
    /// What became of them, in words.
    pub(super) parts: Vec<(u64, String)>,
    /// As in "completed of what was to run and ended".
    pub(super) completed_percent: Option<String>,
}

/// Counts. `None`: there is too much to be counted while somebody waits.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<Accounted>, Problem> {
    let window = Window {
        since: now - WINDOW,
        until: now,
    };
    match audit::audit(tx, window, None, ROOM, now).await {
        Ok(Audit { tally, .. }) => Ok(Some(Accounted::of(&tally))),
        Err(AuditError::Read(error)) => Err(error.into()),
        Err(AuditError::TooMany(_) | AuditError::Count(_)) => Ok(None),
    }
}

impl Accounted {
    fn of(tally: &Tally) -> Self {
        let parts = [
            (tally.completed, "completed"),
            (tally.dead_letters, "failed with no attempt left"),
            (tally.retrying, "failed with another attempt to come"),
            (tally.running, "at work"),
            (tally.pending, "waiting"),
            (tally.cancelled, "cancelled"),
            (tally.awaiting, "due, without a verdict yet"),
        ];
        let parts = parts
            .into_iter()
            .map(|(count, what)| (count, what.to_owned()));
        let skipped = tally.skipped.iter();
        let skipped = skipped.map(|(reason, count)| (*count, format!("skipped: {reason}")));
        let share = tally.completed_basis_points();
        Self {
            expected: tally.expected,
            accounted: tally.expected - tally.lost.min(tally.expected),
            lost: tally.lost,
            parts: parts
                .chain(skipped)
                .filter(|(count, _)| *count > 0)
                .collect(),
            completed_percent: share.map(|it| format!("{}.{:02} %", it / 100, it % 100)),
        }
    }
}
