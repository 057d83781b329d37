//! The accounted figure: of the last day's fire times, how many have their verdict.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use shared::{
    domain::audit::{Tally, Window},
    runtime::audit::{self, Audit, AuditError, Room},
    store::{Tx, jobs::browse, ledger_hours},
};

use super::moment::Moment;
use crate::problem::Problem;

/// What is looked back on.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// What is counted while a page waits; of more, the hours that the reconciler counted are added up.
const JOBS_MAX: i64 = 100;
const ROOM: Room = Room {
    attempts: 2_400,
    changes: 1_000,
};

/// The figure.
#[derive(Clone, Debug)]
pub(super) struct Accounted {
    /// The end of the day that was counted, when that is not now.
    pub(super) until: Option<Moment>,
    /// Hours of the day that are not counted yet.
    pub(super) hours_missing: i64,
    pub(super) expected: u64,
    /// Those with a verdict, or still on their way to one.
    pub(super) accounted: u64,
    pub(super) lost: u64,
    /// What became of them, in words.
    pub(super) parts: Vec<(u64, String)>,
    /// As in "completed of what was to run and ended".
    pub(super) completed_percent: Option<String>,
}

/// Whole hours that were counted before.
struct Hours {
    until: DateTime<Utc>,
    hours: i64,
}

/// Counts up to `now`, or, where that is too much, the whole hours before.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(tx: &mut Tx, now: DateTime<Utc>) -> Result<Accounted, Problem> {
    let window = Window {
        since: now - WINDOW,
        until: now,
    };
    if !browse::are_more_than(tx, JOBS_MAX).await? {
        match audit::audit(tx, window, None, ROOM, now).await {
            Ok(Audit { tally, .. }) => return Ok(Accounted::of(&tally, None)),
            Err(AuditError::Read(error)) => return Err(error.into()),
            Err(AuditError::TooMany(_) | AuditError::Count(_)) => {}
        }
    }
    let until = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let (verdicts, hours) = ledger_hours::counted(tx, until - WINDOW, until).await?;
    let verdicts = verdicts.into_iter();
    let tally = Tally::of_verdicts(
        verdicts.map(|(name, count)| (name, u64::try_from(count).unwrap_or_default())),
    );
    Ok(Accounted::of(&tally, Some(Hours { until, hours })))
}

impl Accounted {
    fn of(tally: &Tally, hours: Option<Hours>) -> Self {
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
            until: hours.as_ref().map(|it| Moment::exact(it.until)),
            hours_missing: hours.map_or(0, |it| WINDOW.num_hours() - it.hours),
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
