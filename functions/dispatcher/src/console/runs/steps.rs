//! What happened to a run, in its order.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::RunStatus,
    store::{datasets::RunStep, logs::Segment, runs::read::RunView},
};

use crate::console::{
    moment::{Moment, duration},
    run_row::took,
    words::spaced,
};

/// Something that happened to the run.
pub(super) struct Step {
    pub(super) at: Moment,
    pub(super) what: String,
}

/// The steps of a run with these segments and datasets, seen from `now`.
pub(super) fn steps(
    run: &RunView,
    segments: &[Segment],
    datasets: &[RunStep],
    now: DateTime<Utc>,
) -> Vec<Step> {
    let before = [
        (Some(run.scheduled_for), asked(run)),
        (waited_until(run), "Not before".to_owned()),
        (run.started_at, started(run)),
        (run.cancel_requested_at, asked_to_stop(run)),
    ];
    let after = [
        (goes_on_at(run), "Goes on, not before".to_owned()),
        (run.completed_at, ended(run, now)),
        (run.acknowledged_at, acknowledged(run)),
    ];
    let told = |(at, what): (Option<_>, String)| Some((at?, what));
    // What happened at the same moment stays in this order.
    let mut steps: Vec<_> = before.into_iter().filter_map(told).collect();
    steps.extend(segments.iter().flat_map(of_segment));
    steps.extend(datasets.iter().map(|it| (it.at, of_dataset(it))));
    steps.extend(after.into_iter().filter_map(told));
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

/// When a run might begin first. One that was given back has another moment in its place.
fn waited_until(run: &RunView) -> Option<DateTime<Utc>> {
    (run.run_after > run.scheduled_for && !was_given_back(run)).then_some(run.run_after)
}

fn was_given_back(run: &RunView) -> bool {
    run.segment > 1 || run.snoozes > 0
}

fn goes_on_at(run: &RunView) -> Option<DateTime<Utc>> {
    let waits = run.status == RunStatus::Pending && was_given_back(run);
    waits.then_some(run.run_after)
}

/// Lateness counts from the nominal time, which stays what it is while a run waits.
fn started(run: &RunView) -> String {
    match run.started_at.map(|at| at - run.scheduled_for) {
        Some(late) if late >= TimeDelta::zero() && run.attempt_number > 1 => {
            format!("Started, {} after its nominal time", duration(late))
        }
        Some(late) if late >= TimeDelta::zero() => format!("Started, {} late", duration(late)),
        _ => "Started".to_owned(),
    }
}

fn of_dataset(it: &RunStep) -> String {
    let name = spaced(&it.dataset_key);
    let why = it.error_message.as_deref().unwrap_or_default();
    match it.records {
        Some(0) => format!("Refreshed: {name}"),
        Some(1) => format!("Refreshed: {name}, 1 record"),
        Some(records) => format!("Refreshed: {name}, {records} records"),
        None if it.is_partial => format!("Refreshed in part: {name}: {why}"),
        None => format!("Not refreshed: {name}: {why}"),
    }
}

/// The moments of a segment that its log tells: its beginning and end are not stored.
fn of_segment(it: &Segment) -> Vec<(DateTime<Utc>, String)> {
    let number = it.segment;
    let first = (
        it.first_at,
        format!("Segment {number}: first line of its log"),
    );
    let after = duration(it.last_at - it.first_at);
    let last = (
        it.last_at,
        format!("Segment {number}: last line, {after} after its first"),
    );
    if it.lines > 1 {
        vec![first, last]
    } else {
        vec![first]
    }
}

fn asked_to_stop(run: &RunView) -> String {
    match &run.cancel_requested_by {
        Some(by) => format!("Asked to stop by {by}"),
        None => "Asked to stop".to_owned(),
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
