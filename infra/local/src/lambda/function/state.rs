//! What is known about a function at any moment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::lambda::Invocation;
use crate::lambda::logs::Tail;

#[derive(Default)]
pub(super) struct State {
    pub(super) waiting: VecDeque<Job>,
    pub(super) instances: BTreeMap<u64, Instance>,
    /// Idle instances, the one used last at the end: its caches are warmest.
    pub(super) idle: Vec<u64>,
    pub(super) instances_ever: u64,
    pub(super) starts_failed: u32,
    pub(super) no_start_before: Option<Instant>,
    pub(super) closed: bool,
}

pub(super) struct Instance {
    pub(super) pid: Option<u32>,
    pub(super) phase: Phase,
    pub(super) init_error: Option<Bytes>,
    pub(super) tail: Tail,
    pub(super) kill: Arc<Notify>,
}

pub(super) enum Phase {
    Starting,
    Idle(oneshot::Sender<Handout>),
    Busy {
        job: Job,
        timer: AbortHandle,
    },
    /// Has answered and not yet asked for more.
    Between,
}

/// An invocation on its way.
pub(in crate::lambda) struct Job {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) reply: Option<oneshot::Sender<Invocation>>,
    pub(super) attempt: u32,
}

impl Job {
    /// A job and its request id; `reply` makes it synchronous.
    pub(in crate::lambda) fn new(
        payload: Bytes,
        reply: Option<oneshot::Sender<Invocation>>,
    ) -> (Self, String) {
        let id = Uuid::new_v4().to_string();
        (
            Self {
                id: id.clone(),
                payload,
                reply,
                attempt: 0,
            },
            id,
        )
    }
}

/// What an instance is told when it asks for work.
pub(in crate::lambda) struct Handout {
    pub(in crate::lambda) id: String,
    pub(in crate::lambda) payload: Bytes,
    pub(in crate::lambda) deadline_epoch_ms: i64,
}

impl Instance {
    pub(super) fn is_up(&self) -> bool {
        !matches!(self.phase, Phase::Starting)
    }

    pub(super) fn take_job(&mut self, request_id: &str) -> Option<Job> {
        match std::mem::replace(&mut self.phase, Phase::Between) {
            Phase::Busy { job, timer } if job.id == request_id => {
                timer.abort();
                Some(job)
            }
            other => {
                self.phase = other;
                None
            }
        }
    }
}
