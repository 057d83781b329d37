//! What an ending means for the ledger: decided without I/O.

use std::time::Duration;

use serde_json::Value;

use crate::{
    domain::{ErrorKind, JobError, Outcome, RunId, retry, run::WaitReason},
    store::datasets::Step,
    telemetry,
};

/// Most delays the other side may ask for in one attempt. At a minute each it is an hour and a
/// half, which outlasts every throttle Meta documents.
const SNOOZES_MAX: i32 = 100;
/// Most segments of one attempt: at 15 minutes each, ten days.
const SEGMENTS_MAX: i32 = 1_000;

/// How a handler ended, in whichever way.
#[derive(Debug)]
pub(super) enum Ending {
    /// It returned.
    Returned(Result<Outcome, JobError>),
    /// It was stopped at the deadline.
    TimedOut,
    /// It panicked with this message.
    Panicked(String),
    /// Its worker vanished.
    Lost,
}

/// Where the run stood when it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standpoint {
    pub(super) run_id: RunId,
    pub(super) attempt_number: i32,
    pub(super) segment: i32,
    pub(super) snoozes: i32,
    pub(super) max_retries: i32,
}

/// What is written.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Complete {
        warnings: Vec<String>,
    },
    /// A failed attempt; with a delay another one follows, without one it is a dead letter.
    Fail {
        kind: ErrorKind,
        message: String,
        retry: Option<Duration>,
    },
    GiveBack {
        reason: WaitReason,
        cursor: Option<Value>,
        delay: Duration,
    },
    Cancel,
    /// The run is no longer ours.
    Nothing,
}

/// A run that says it is done, while every step it reported failed, is a failed attempt.
pub(super) fn honest(ending: Ending, steps: &[Step]) -> Ending {
    let Ending::Returned(Ok(Outcome::Done(_))) = &ending else {
        return ending;
    };
    let failures: Vec<_> = steps
        .iter()
        .filter(|step| !step.is_partial)
        .filter_map(|step| step.result.as_ref().err())
        .collect();
    match failures.first() {
        Some(first) if failures.len() == steps.len() => {
            let all = JobError::retry("refreshing datasets, of which none could be");
            Ending::Returned(Err(all((*first).clone())))
        }
        _ => ending,
    }
}

pub(super) fn decide(ending: Ending, at: Standpoint) -> Verdict {
    let fail = |kind, message: &str, asked| fail(kind, message, asked, at);
    match ending {
        Ending::Lost => fail(
            ErrorKind::Lost,
            "the worker vanished and its lease ran out",
            None,
        ),
        Ending::TimedOut => fail(
            ErrorKind::Timeout,
            "the handler was still at work when the function's time ran out",
            None,
        ),
        Ending::Panicked(message) => fail(
            ErrorKind::Panic,
            &format!("the handler panicked: {message}"),
            None,
        ),
        Ending::Returned(Ok(Outcome::Done(report))) => Verdict::Complete {
            warnings: report
                .warnings
                .iter()
                .map(|line| telemetry::redact(line))
                .collect(),
        },
        Ending::Returned(Ok(Outcome::Continue { .. })) if at.segment >= SEGMENTS_MAX => fail(
            ErrorKind::Segments,
            &format!("not done after {SEGMENTS_MAX} segments"),
            None,
        ),
        Ending::Returned(Ok(Outcome::Continue { cursor })) => Verdict::GiveBack {
            reason: WaitReason::Continued,
            cursor: Some(cursor),
            delay: Duration::ZERO,
        },
        Ending::Returned(Err(error)) => of_error(&error, at),
    }
}

fn of_error(error: &JobError, at: Standpoint) -> Verdict {
    let line = error.chain();
    match error {
        JobError::Retry { after, .. } => fail(ErrorKind::Retry, &line, *after, at),
        JobError::GiveUp { .. } => fail(ErrorKind::Permanent, &line, None, at),
        JobError::Snooze { delay, .. } if at.snoozes >= SNOOZES_MAX => fail(
            ErrorKind::Throttled,
            &format!("{line}, for the {SNOOZES_MAX}th time"),
            Some(*delay),
            at,
        ),
        JobError::Snooze { delay, .. } => Verdict::GiveBack {
            reason: WaitReason::Snoozed,
            cursor: None,
            delay: *delay,
        },
        JobError::Cancelled => Verdict::Cancel,
        JobError::LeaseLost => Verdict::Nothing,
    }
}

fn fail(kind: ErrorKind, message: &str, asked: Option<Duration>, at: Standpoint) -> Verdict {
    let is_final = matches!(kind, ErrorKind::Permanent | ErrorKind::Segments);
    let retry = if is_final {
        None
    } else {
        retry::delay_after(at.run_id, at.attempt_number, at.max_retries, asked)
    };
    Verdict::Fail {
        kind,
        message: telemetry::redact(message),
        retry,
    }
}
