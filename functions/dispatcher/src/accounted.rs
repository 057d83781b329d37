//! `GET /api/accounted`: of the last day's fire times, how many have their verdict.
//!
//! They are counted while the caller waits, or, where they are too many, added up from the hours that the reconciler
//! counted.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::audit::{Tally, Window},
    runtime::audit::{self, Audit, AuditError, Room},
    store::{Tx, jobs::browse, ledger_hours},
};

use crate::{State, problem::Problem};

/// What is looked back on.
pub(crate) const WINDOW: TimeDelta = TimeDelta::hours(24);

/// What is counted while somebody waits; of more, the hours that the reconciler counted are added up.
const JOBS_MAX: i64 = 100;
const ROOM: Room = Room {
    attempts: 2_400,
    changes: 1_000,
};

/// What became of a day's fire times.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub(crate) tally: Tally,
    /// The end of the day.
    pub(crate) until: DateTime<Utc>,
    /// Hours of the day that are not counted yet; `None` where all was counted now.
    pub(crate) hours_missing: Option<i64>,
}

/// Counts the day up to `now`, or, where that is too much, that of the whole hours before.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn read(tx: &mut Tx, now: DateTime<Utc>) -> Result<Day, Problem> {
    let window = Window {
        since: now - WINDOW,
        until: now,
    };
    if !browse::are_more_than(tx, JOBS_MAX).await? {
        match audit::audit(tx, window, None, ROOM, now).await {
            Ok(Audit { tally, .. }) => {
                return Ok(Day {
                    tally,
                    until: now,
                    hours_missing: None,
                });
            }
            Err(AuditError::Read(error)) => return Err(error.into()),
            Err(AuditError::TooMany(_) | AuditError::Count(_)) => {}
        }
    }
    let until = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let (verdicts, hours) = ledger_hours::counted(tx, until - WINDOW, until).await?;
    let verdicts = verdicts.into_iter();
    let tally = Tally::of_verdicts(
        verdicts.map(|it| (it.verdict, u64::try_from(it.fire_times).unwrap_or_default())),
    );
    Ok(Day {
        tally,
        until,
        hours_missing: Some(WINDOW.num_hours() - hours),
    })
}

/// The figure as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountedView {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Hours of it that are not counted yet.
    hours_missing: i64,
    /// Fire times that should have a verdict.
    expected: u64,
    /// Those that have none although they should.
    lost: u64,
    /// All of them by what became of them, as in `completed`, `dead_letter` or `skipped:overlap`.
    verdicts: BTreeMap<String, u64>,
    /// Of what was to run and has ended, what completed, in hundredths of a per cent.
    completed_basis_points: Option<u64>,
    /// How many first attempts started no later than so many seconds, and later than the next lower number that is told.
    started_within_seconds: BTreeMap<u64, u64>,
    /// Those that started later than an hour.
    started_later: u64,
}

impl AccountedView {
    fn of(day: &Day) -> Self {
        let tally = &day.tally;
        let mut lateness = tally.lateness();
        Self {
            since: day.until - WINDOW,
            until: day.until,
            hours_missing: day.hours_missing.unwrap_or_default(),
            expected: tally.expected,
            lost: tally.lost,
            verdicts: tally.verdicts().into_iter().collect(),
            completed_basis_points: tally.completed_basis_points(),
            started_later: lateness.remove(&u64::MAX).unwrap_or_default(),
            started_within_seconds: lateness,
        }
    }
}

/// The figure.
pub(crate) async fn show(state: State) -> Result<Json<AccountedView>, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let day = read(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Json(AccountedView::of(&day)))
}
