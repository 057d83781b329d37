//! What runs that ended leave behind in their job, its letters and its dataset, told anew from the
//! history.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    endings::{Dataset, JobRow, Rest},
    jobs::{BLUR, Job},
    verdicts::{Row, Verdict, broken},
};

/// An ended run as its job sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    /// With another attempt to follow.
    Failure,
    DeadLetter,
}

/// Ends in their order.
pub(crate) struct Ends(pub(crate) Vec<(DateTime<Utc>, End, Uuid)>);

impl Ends {
    /// The last one; `None` when there is none, or when it is not known which it is.
    fn last(&self) -> Option<(DateTime<Utc>, End)> {
        let (at, end, _) = *self.0.last()?;
        let near = self.0.iter().filter(|(other, ..)| *other >= at - BLUR);
        let is_sure = near
            .clone()
            .all(|(_, other, _)| is_good(*other) == is_good(end));
        is_sure.then_some((at, end))
    }

    /// Whether nobody can doubt the order of successes and dead letters.
    fn is_sure(&self) -> bool {
        let mut told = self.0.iter().filter(|(_, end, _)| *end != End::Failure);
        let mut last = told.next();
        told.all(|next| {
            let sure = last.is_none_or(|last| last.1 == next.1 || next.0 - last.0 > BLUR);
            last = Some(next);
            sure
        })
    }
}

fn is_good(end: End) -> bool {
    end == End::Success
}

/// Counters equal the history.
pub(crate) fn counters(job: &JobRow, ends: &Ends) -> Verdict {
    let count = ends.0.iter().filter(|(_, end, _)| is_good(*end)).count();
    match i32::try_from(count).ok() == Some(job.runs_completed) {
        true => Ok(()),
        false => broken(
            "counters equal the history",
            format!("{count}, but {job:?}"),
        ),
    }
}

/// Lists show the error of the last run that ended, or none when it succeeded.
pub(crate) fn last_error(job: &JobRow, ends: &Ends) -> Verdict {
    let is_right = ends
        .last()
        .is_none_or(|(_, end)| is_good(end) == job.last_error.is_none());
    match is_right {
        true => Ok(()),
        false => broken("a job shows its last error", format!("{job:?}")),
    }
}

/// Every dead letter is counted in one, and the first after a success is one of its own.
pub(crate) fn letters(job: &JobRow, rows: &[Row], ends: &Ends, rest: &Rest) -> Verdict {
    let letters: Vec<_> = rest
        .letters
        .iter()
        .filter(|letter| letter.scheduled_job_id == job.id)
        .collect();
    let told: i32 = letters.iter().map(|letter| letter.occurrences).sum();
    let dead = ends.0.iter().filter(|(_, end, _)| *end == End::DeadLetter);
    if i32::try_from(dead.count()).ok() != Some(told) {
        let found = format!("{job:?} {letters:?} {:?}", ends.0);
        return broken("every dead letter is told", found);
    }
    if !ends.is_sure() {
        return Ok(());
    }
    let mut expected: Vec<(Uuid, bool)> = vec![];
    for (_, end, run) in &ends.0 {
        match (end, expected.last_mut()) {
            (End::Success, Some(standing)) => standing.1 = true,
            (End::DeadLetter, None | Some((_, true))) => expected.push((*run, false)),
            _ => {}
        }
    }
    let found: Vec<_> = letters.iter().map(|it| (it.run_id, it.is_over)).collect();
    match found == expected {
        true => Ok(()),
        false => {
            let kinds = rows.iter().filter(|row| row.scheduled_job_id == job.id);
            let kinds: Vec<_> = kinds.map(|row| (&row.status, &row.error_kind)).collect();
            let found = format!("{found:?}, not {expected:?}; {kinds:?}");
            broken("a dead letter stands until a success", found)
        }
    }
}

/// A job with a limit is over when it has completed so many runs, and not before.
pub(crate) fn limit(row: &JobRow, job: &Job) -> Verdict {
    let done = u32::try_from(row.runs_completed).unwrap_or_default();
    let is_reached = job.max_runs.is_some_and(|most| done >= most);
    match is_reached && matches!(row.status.as_str(), "active" | "paused") {
        false => Ok(()),
        true => broken("a job ends with its last run", format!("{row:?}")),
    }
}

/// A dataset is as fresh as its last success, and says how its last attempt ended.
pub(crate) fn freshness(dataset: Option<&Dataset>, ends: &Ends) -> Verdict {
    let success = ends.0.iter().rev().find(|(_, end, _)| is_good(*end));
    let success = success.map(|(at, ..)| *at);
    let attempt = ends.0.last().map(|(at, ..)| *at);
    let is_near = |one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= BLUR,
        (one, other) => one == other,
    };
    let (success_at, attempt_at) =
        dataset.map_or((None, None), |it| (it.last_success_at, it.last_attempt_at));
    if !is_near(success_at, success) || !is_near(attempt_at, attempt) {
        let found = format!("{dataset:?}, but {success:?} and {attempt:?}");
        return broken("a dataset is as fresh as its last success", found);
    }
    let says = dataset.map(|it| it.last_status == "completed");
    let is_right = ends
        .last()
        .is_none_or(|(_, end)| says == Some(is_good(end)));
    match is_right {
        true => Ok(()),
        false => broken(
            "a dataset says how its last attempt ended",
            format!("{dataset:?}"),
        ),
    }
}
