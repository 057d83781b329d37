//! Which due fire times run, and which get the verdict that they were missed.

use chrono::{DateTime, TimeDelta, Utc};

use super::{MisfirePolicy, schedule::Schedule};

/// How late a delivery may be and still count as on time. EventBridge promises the minute, not the
/// second, and a deploy or a failover takes a few minutes.
pub const ON_TIME: TimeDelta = TimeDelta::minutes(5);

/// Most fire times given a verdict in one transaction; the rest follow in the next.
pub const ACCOUNTED_MAX: usize = 5_000;

/// The largest `misfire_limit` the schema admits.
const LIMIT_MAX: usize = 100;

/// A job's `misfire_*` columns.
#[derive(Clone, Copy, Debug)]
pub struct Misfire {
    /// What happens to ticks that nobody delivered.
    pub policy: MisfirePolicy,
    /// Most ticks that run, for [`MisfirePolicy::All`].
    pub limit: usize,
    /// Older ticks never run.
    pub window: TimeDelta,
}

/// Verdicts for the fire times of one job that are due.
#[derive(Debug, PartialEq, Eq)]
pub struct Due {
    /// To run, oldest first.
    pub run: Vec<DateTime<Utc>>,
    /// Missed, oldest first.
    pub missed: Vec<DateTime<Utc>>,
    /// The new watermark: the first fire time without a verdict. `None`: the schedule has ended.
    pub next: Option<DateTime<Utc>>,
}

/// Decides about every fire time from the watermark `next_run_at` up to `now`.
///
/// `schedule` is `None` for a one-time job, whose only fire time is `next_run_at`. After a very
/// long outage the result covers the oldest part only, and `next` is still in the past.
#[must_use]
pub fn due(
    schedule: Option<&Schedule>,
    misfire: Misfire,
    next_run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Due {
    if next_run_at > now {
        return Due {
            run: vec![],
            missed: vec![],
            next: Some(next_run_at),
        };
    }
    let mut fires = vec![next_run_at];
    if let Some(schedule) = schedule {
        fires.extend(schedule.fires_between(next_run_at, now, ACCOUNTED_MAX));
    }
    if fires.len() > ACCOUNTED_MAX {
        let rest = fires.split_off(ACCOUNTED_MAX - LIMIT_MAX);
        return Due {
            run: vec![],
            missed: fires,
            next: rest.first().copied(),
        };
    }

    let run = fires.split_off(fires.len() - runnable(&fires, misfire, now));
    let next = schedule.and_then(|schedule| schedule.next_after(now));
    Due {
        run,
        missed: fires,
        next,
    }
}

/// How many of the newest `fires` may run.
fn runnable(fires: &[DateTime<Utc>], misfire: Misfire, now: DateTime<Utc>) -> usize {
    let (most, oldest) = match misfire.policy {
        MisfirePolicy::Latest => (1, misfire.window),
        MisfirePolicy::Skip => (1, ON_TIME),
        MisfirePolicy::All => (misfire.limit.min(LIMIT_MAX), misfire.window),
    };
    fires
        .iter()
        .rev()
        .take(most)
        .take_while(|fire| now - **fire <= oldest)
        .count()
}
