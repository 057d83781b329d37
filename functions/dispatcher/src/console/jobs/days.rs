//! The days of a job: what became of its runs in the last weeks, and how often it fires in this one and the next.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{JobStatus, RunStatus, schedule::Zone},
    store::{
        Tx,
        jobs::{Job, Owners},
        runs::verdicts::{self, Counting},
    },
};

use crate::{
    calendar::{
        grid::{Hour, hours},
        window::{Window, monday},
    },
    console::calendar::{Count, counts},
};

/// Weeks before this one.
const WEEKS_BEFORE: i64 = 4;
/// With this one and the next.
const WEEKS: i64 = WEEKS_BEFORE + 2;
/// Fire times that are counted: every minute of two weeks.
const FIRES_MAX: usize = 2 * 7 * 24 * 60;
/// Attempts that are counted.
const ATTEMPTS_MAX: i64 = 100_000;

/// Weeks of days.
pub(super) struct Days {
    pub(super) weeks: Vec<Vec<Day>>,
    /// By whose clock.
    pub(super) zone: &'static str,
    /// Whether all attempts were counted.
    pub(super) is_complete: bool,
}

/// A day by the clock of the job's zone.
pub(super) struct Day {
    /// As in "20 Nov".
    pub(super) name: String,
    pub(super) is_today: bool,
    pub(super) counts: Vec<Count>,
    /// Fire times to come.
    pub(super) to_come: usize,
}

/// Counts. The first fire time to come is `first`.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(
    tx: &mut Tx,
    job: &Job,
    first: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<Days> {
    let zone: Zone = job.timing.timezone.parse().unwrap_or(Zone::UTC);
    let today = now.with_timezone(&zone).date_naive();
    let this_week = Window::new(zone, monday(today), 7);
    let window = Window::new(zone, this_week.shifted(-7 * WEEKS_BEFORE), 7 * WEEKS);
    let counting = Counting {
        since: window.from,
        until: window.until,
        job_id: Some(job.id),
        owners: Owners::default(),
        most: ATTEMPTS_MAX + 1,
    };
    let verdicts = verdicts::of_all_brands(tx, counting).await?;
    let is_stopped = job.status == JobStatus::Paused && job.paused_until.is_none();
    let ahead = (now, window.until - TimeDelta::nanoseconds(1));
    let first = first.filter(|_| !is_stopped);
    let fires = job.timing.fires_within(first, ahead, FIRES_MAX);
    let minutes = fires.into_iter().map(|at| (at, 1)).collect();
    let hours = hours(&window, &verdicts, &minutes);
    let days = hours.chunk_by(|a, b| a.date == b.date);
    let mut days: Vec<_> = days.map(|hours| Day::of(hours, job, today)).collect();
    let mut weeks = vec![];
    while !days.is_empty() {
        let rest = days.split_off(days.len().min(7));
        weeks.push(std::mem::replace(&mut days, rest));
    }
    Ok(Days {
        weeks,
        zone: zone.name(),
        is_complete: verdicts.iter().map(|it| it.runs).sum::<i64>() <= ATTEMPTS_MAX,
    })
}

impl Day {
    fn of(hours: &[Hour], job: &Job, today: chrono::NaiveDate) -> Self {
        let mut verdicts: BTreeMap<&'static str, (RunStatus, i64)> = BTreeMap::new();
        for (word, (status, runs)) in hours.iter().flat_map(|hour| &hour.verdicts) {
            verdicts.entry(word).or_insert((*status, 0)).1 += runs;
        }
        let date = hours.first().map(|hour| hour.date);
        let bounds = hours.first().zip(hours.last());
        let counts = bounds.map(|(first, last)| {
            let id = job.id.to_string();
            counts(&verdicts, (first.from, last.until), Some(("job", &id)))
        });
        Self {
            name: date
                .map(|it| it.format("%-d %b").to_string())
                .unwrap_or_default(),
            is_today: date == Some(today),
            counts: counts.unwrap_or_default(),
            to_come: hours.iter().map(|hour| hour.to_come).sum(),
        }
    }
}
