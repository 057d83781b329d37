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
    // A period that was shortened past the API may have left the watermark outside.
    let is_in_force =
        |fire: &DateTime<Utc>| schedule.is_none_or(|schedule| schedule.period().has(*fire));
    let mut fires: Vec<_> = Some(next_run_at).into_iter().filter(is_in_force).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{GapPolicy, RepeatPolicy};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn schedule(cron: &str) -> Schedule {
        Schedule::parse(cron, "UTC", GapPolicy::Shift, RepeatPolicy::First).unwrap()
    }

    fn misfire(policy: MisfirePolicy) -> Misfire {
        Misfire {
            policy,
            limit: 3,
            window: TimeDelta::hours(24),
        }
    }

    /// Hours that run and hours that are missed when an hourly job has been unattended from 6:00
    /// to 12:02.
    fn unattended(policy: MisfirePolicy) -> (usize, usize) {
        let due = due(
            Some(&schedule("0 * * * *")),
            misfire(policy),
            at("2026-11-20T06:00:00Z"),
            at("2026-11-20T12:02:00Z"),
        );
        assert_eq!(due.next, Some(at("2026-11-20T13:00:00Z")));
        assert!(due.missed.is_sorted() && due.run.is_sorted());
        (due.run.len(), due.missed.len())
    }

    #[test]
    fn each_policy_runs_what_it_says_and_accounts_for_the_rest() {
        assert_eq!(unattended(MisfirePolicy::Latest), (1, 6));
        assert_eq!(unattended(MisfirePolicy::All), (3, 4));
        assert_eq!(unattended(MisfirePolicy::Skip), (1, 6), "12:00 is on time");
    }

    #[test]
    fn a_tick_that_is_not_due_gets_no_verdict() {
        let next = at("2026-11-20T13:00:00Z");
        let due = due(
            Some(&schedule("0 * * * *")),
            misfire(MisfirePolicy::Latest),
            next,
            at("2026-11-20T12:59:59Z"),
        );

        assert_eq!(
            (due.run, due.missed, due.next),
            (vec![], vec![], Some(next))
        );
    }

    #[test]
    fn a_one_time_job_runs_within_its_window_and_has_no_next_time() {
        let planned = at("2026-11-20T06:00:00Z");
        let decide = |now| due(None, misfire(MisfirePolicy::Latest), planned, at(now));

        let soon = decide("2026-11-21T05:00:00Z");
        assert_eq!((soon.run.len(), soon.next), (1, None));
        let late = decide("2026-11-21T06:00:01Z");
        assert_eq!((late.run.len(), late.missed.len(), late.next), (0, 1, None));
    }

    #[test]
    fn a_very_long_outage_is_accounted_for_in_parts_that_leave_no_gap() {
        let schedule = schedule("* * * * *");
        let now = at("2026-12-20T06:00:00Z");
        let mut watermark = at("2026-11-20T06:00:00Z");
        let mut accounted = vec![];
        while watermark <= now {
            let part = due(Some(&schedule), misfire(MisfirePolicy::All), watermark, now);
            assert!(part.missed.len() + part.run.len() <= ACCOUNTED_MAX);
            accounted.extend(part.missed);
            accounted.extend(part.run);
            watermark = part.next.unwrap();
        }

        assert_eq!(accounted.len(), 30 * 24 * 60 + 1);
        assert!(
            accounted
                .windows(2)
                .all(|pair| pair[1] - pair[0] == TimeDelta::minutes(1))
        );
    }
}
