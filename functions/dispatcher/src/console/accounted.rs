//! The accounted figure, for people.

use chrono::TimeDelta;
use shared::domain::audit::Tally;

use super::moment::{Moment, duration};
use crate::accounted::Day;

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
    /// How late they started: the median and the 95th percentile.
    pub(super) lateness: Option<(String, String)>,
}

impl Accounted {
    /// Tells of a day.
    pub(super) fn of(day: &Day) -> Self {
        let tally = &day.tally;
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
            until: day.hours_missing.map(|_| Moment::exact(day.until)),
            hours_missing: day.hours_missing.unwrap_or_default(),
            expected: tally.expected,
            accounted: tally.expected - tally.lost.min(tally.expected),
            lost: tally.lost,
            parts: parts
                .chain(skipped)
                .filter(|(count, _)| *count > 0)
                .collect(),
            lateness: within(tally, 50).zip(within(tally, 95)),
            completed_percent: share.map(|it| format!("{}.{:02} %", it / 100, it % 100)),
        }
    }
}

/// The lateness of first attempts that `percent` of them do not exceed, in words; `None` when none started.
fn within(tally: &Tally, percent: u64) -> Option<String> {
    let lateness = tally.lateness();
    let all: u64 = lateness.values().sum();
    let rank = (all * percent).div_ceil(100);
    let mut counted = 0;
    let (seconds, _) = lateness.into_iter().find(|(_, count)| {
        counted += count;
        counted >= rank
    })?;
    Some(match i64::try_from(seconds) {
        Ok(seconds) => format!("at most {}", duration(TimeDelta::seconds(seconds))),
        Err(_) => "more than an hour".to_owned(),
    })
}
