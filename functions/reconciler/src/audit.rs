//! The audit of fire times for people, and the pulse that every sweep logs.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    domain::{JobId, audit::Window},
    runtime::audit::{self, AuditError, Room},
    store::Database,
    telemetry::metrics::{Figure, Unit},
};

use crate::error::Failure;

pub use shared::runtime::audit::Audit;

/// As much as fits into our memory.
pub(crate) const ROOM: Room = Room {
    attempts: 1_000_000,
    changes: 1_000_000,
};

/// What every sweep looks back on.
const PULSE: TimeDelta = TimeDelta::hours(1);

/// The figures of the last hour, which every sweep logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pulse {
    /// Fire times that should have a verdict.
    pub expected: u64,
    /// Those without a row.
    pub lost: u64,
    /// Those that failed for good.
    pub dead_letters: u64,
    /// Deliveries that found their work done or taken.
    pub duplicates_suppressed: u64,
    /// Half of the first attempts started no later than this, in milliseconds.
    pub start_lateness_p50_ms: Option<u64>,
    /// All but one in a hundred started no later than this, in milliseconds.
    pub start_lateness_p99_ms: Option<u64>,
}

/// Counts the fire times in `window` of all jobs, or of the one job `only`, seen from `now`.
///
/// # Errors
/// [`Failure`] when the database does not answer, or the window holds more than 200,000 jobs, or
/// 1,000,000 attempts or changed fields.
pub async fn audit(
    db: &Database,
    window: Window,
    only: Option<JobId>,
    now: DateTime<Utc>,
) -> Result<Audit, Failure> {
    let audit = async {
        let mut tx = db.begin().await?;
        let audit = audit::audit(&mut tx, window, only, ROOM, now).await?;
        tx.commit().await?;
        Ok::<_, AuditError>(audit)
    };
    audit
        .await
        .map_err(Failure::while_doing("auditing fire times"))
}

/// The figures of the hour before `now`.
///
/// # Errors
/// As [`audit()`].
pub async fn pulse(db: &Database, now: DateTime<Utc>) -> Result<Pulse, Failure> {
    let window = Window {
        since: now - PULSE,
        until: now,
    };
    let Audit { tally, .. } = audit(db, window, None, now).await?;
    Ok(Pulse {
        expected: tally.expected,
        lost: tally.lost,
        dead_letters: tally.dead_letters,
        duplicates_suppressed: tally.duplicates_suppressed,
        start_lateness_p50_ms: tally.lateness_percentile(50),
        start_lateness_p99_ms: tally.lateness_percentile(99),
    })
}

impl Pulse {
    /// The pulse as CloudWatch shall know it. Without a start there is no lateness.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |name, unit, value| Figure { name, unit, value };
        let lateness = [
            ("StartLatenessP50", self.start_lateness_p50_ms),
            ("StartLatenessP99", self.start_lateness_p99_ms),
        ];
        let mut figures = vec![
            figure("ExpectedTicks", Unit::Count, self.expected),
            figure("LostTicks", Unit::Count, self.lost),
            figure("DeadLetters", Unit::Count, self.dead_letters),
            figure(
                "DuplicatesSuppressed",
                Unit::Count,
                self.duplicates_suppressed,
            ),
        ];
        figures.extend(
            lateness
                .into_iter()
                .filter_map(|(name, value)| Some(figure(name, Unit::Milliseconds, value?))),
        );
        figures
    }
}
