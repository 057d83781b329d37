//! What happened to a run, in its order.

use chrono::{DateTime, Utc};
use shared::{domain::RunStatus, store::runs::read::RunView};

use crate::console::{
    moment::{Moment, duration},
    run_row::took,
};

/// Something that happened to the run.
pub(super) struct Step {
    pub(super) at: Moment,
    pub(super) what: String,
}

/// The steps of a run, seen from `now`.
pub(super) fn steps(run: &RunView, now: DateTime<Utc>) -> Vec<Step> {
    let mut steps: Vec<_> = [
        (Some(run.scheduled_for), asked(run)),
        (waited_until(run), "Not before".to_owned()),
        (run.started_at, started(run)),
        (run.cancel_requested_at, "Asked to stop".to_owned()),
        (run.completed_at, ended(run, now)),
        (run.acknowledged_at, acknowledged(run)),
    ]
    .into_iter()
    .filter_map(|(at, what)| Some((at?, what)))
    .collect();
    steps.sort_by_key(|(at, _)| *at);
    let step = |(at, what): (DateTime<Utc>, String)| Step {
        at: Moment::seen_from(at, now),
        what,
    };
    steps.into_iter().map(step).collect()
}

fn asked(run: &RunView) -> String {
    match &run.requested_by {
        Some(by) => format!("Asked for by {by}"),
        None => "Nominal time".to_owned(),
    }
}

fn waited_until(run: &RunView) -> Option<DateTime<Utc>> {
    (run.run_after > run.scheduled_for).then_some(run.run_after)
}

/// Lateness counts from the moment at which the run might have begun, of a tick its nominal time.
fn started(run: &RunView) -> String {
    match run.started_at.map(|at| at - run.run_after) {
        Some(late) if late >= chrono::TimeDelta::zero() => {
            format!("Started, {} late", duration(late))
        }
        _ => "Started".to_owned(),
    }
}

fn ended(run: &RunView, now: DateTime<Utc>) -> String {
    let status = run.status;
    match took(run.started_at, run.completed_at, now) {
        Some(took) => format!("Ended as {status} after {took}"),
        None if status == RunStatus::Skipped => "Skipped".to_owned(),
        None => format!("Ended as {status}"),
    }
}

fn acknowledged(run: &RunView) -> String {
    let by = run.acknowledged_by.as_deref().unwrap_or("nobody");
    format!("Acknowledged by {by}")
}
