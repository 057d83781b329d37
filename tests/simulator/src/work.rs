//! The handler of simulated jobs: what it does is decided before it begins.

use std::{cell::RefCell, rc::Rc, time::Duration};

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::{
    domain::{AssetDownloadParams, JobError, JobId, JobType, Outcome, Report, RunId},
    runtime::Run,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{chance::Chance, jobs::WISHES_FROM};

/// How a handler ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Retry(Option<Duration>),
    GiveUp,
    Snooze(Duration),
    Panic,
    /// It works past its deadline. Its invocation is given a few milliseconds, because the
    /// runtime's time-out is real; only the simulator's queue decides when it is looked at again.
    Hang,
    /// It goes on in another segment.
    Continue,
    /// Its process is killed while it works.
    Killed,
    /// Its machine stands still until after its lease, and then goes on as if nothing had been.
    Frozen,
}

/// What a handler will do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) works_for: TimeDelta,
    pub(crate) end: End,
    /// Whether it looks, after its work, whether it may go on.
    pub(crate) looks_back: bool,
    /// What a frozen handler does when it wakes.
    pub(crate) continues: bool,
}

impl Plan {
    pub(crate) fn draw(chance: &mut Chance, trouble: f64) -> Self {
        let seconds = |chance: &mut Chance, low, high| {
            Duration::from_secs(u64::from(chance.number(low, high)))
        };
        let end = if !chance.hits(trouble) {
            match chance.hits(10.0) {
                true => End::Continue,
                false => End::Done,
            }
        } else {
            match chance.number(0, 9) {
                0 => End::Retry(None),
                1 => End::Retry(Some(seconds(chance, 60, 3_000))),
                2 => End::GiveUp,
                3 => End::Snooze(seconds(chance, 10, 600)),
                4 => End::Panic,
                5 => End::Hang,
                6 => End::Continue,
                7 => End::Killed,
                _ => End::Frozen,
            }
        };
        let works_for = match chance.hits(20.0) {
            true => chance.seconds(60, 700),
            false => chance.seconds(1, 60),
        };
        Self {
            works_for,
            end,
            looks_back: chance.hits(50.0),
            continues: chance.hits(60.0),
        }
    }
}

/// A run that a handler has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) run: RunId,
    pub(crate) job: JobId,
    pub(crate) brand: Uuid,
    pub(crate) segment: u32,
    pub(crate) attempt: u32,
}

/// Where a handler and the simulator meet.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) begun: RefCell<Option<Begun>>,
    /// What a handler saw that should not be.
    pub(crate) complaint: RefCell<Option<(&'static str, String)>>,
    /// Set by the simulator when a person has asked this run to stop.
    pub(crate) is_stopped: RefCell<bool>,
    pub(crate) parked: Notify,
    pub(crate) resumed: Notify,
}

/// Does what was planned.
pub(crate) async fn work(
    stage: &Rc<Stage>,
    plan: Plan,
    run: &Run<AssetDownloadParams>,
) -> Result<Outcome, JobError> {
    let (segment, attempt) = (run.segment, run.attempt);
    *stage.begun.borrow_mut() = Some(Begun {
        run: run.id,
        job: run.job_id,
        brand: run.brand_id.map_or(Uuid::nil(), |brand| brand.0),
        segment,
        attempt,
    });
    let expected = json!({ "segment": segment.saturating_sub(1) });
    if segment > 1 && run.cursor.as_ref() != Some(&expected) {
        let found = format!("segment {segment} of {} got {:?}", run.id, run.cursor);
        *stage.complaint.borrow_mut() =
            Some(("a segment goes on where the last one stopped", found));
    }
    if run.params.max_images.get() >= WISHES_FROM {
        run.follow_up(JobType::AssetDownload, &wish(&run.params))?;
    }
    stage.parked.notify_one();
    stage.resumed.notified().await;
    if plan.looks_back {
        run.checkpoint(None).await?;
        if *stage.is_stopped.borrow() {
            let found = format!("{} was told to go on", run.id);
            *stage.complaint.borrow_mut() =
                Some(("a run that is asked to stop learns of it", found));
        }
    }
    end(plan, segment)
}

/// What a run that wishes wishes for, in every segment and attempt anew.
fn wish(params: &AssetDownloadParams) -> Value {
    let images = params.max_images.get().saturating_sub(WISHES_FROM);
    json!({ "max_videos": params.max_videos, "max_images": images })
}

fn end(plan: Plan, segment: u32) -> Result<Outcome, JobError> {
    let retry = |after| JobError::Retry {
        doing: "working",
        source: "the simulator said so".into(),
        after,
    };
    match plan.end {
        End::Frozen if !plan.continues => Ok(Outcome::Done(Report::new())),
        End::Continue | End::Frozen if segment < 4 => Ok(Outcome::Continue {
            cursor: json!({ "segment": segment }),
        }),
        End::Retry(after) => Err(retry(after)),
        End::GiveUp => Err(JobError::give_up("the simulator said so")),
        End::Snooze(delay) => Err(JobError::Snooze {
            by: "the simulator",
            delay,
        }),
        #[expect(clippy::panic, reason = "a handler that panics is part of the story")]
        End::Panic => panic!("on purpose"),
        _ => Ok(Outcome::Done(Report::new().count("files", 1))),
    }
}
