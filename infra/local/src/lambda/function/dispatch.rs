//! Who gets the next invocation: what happens when an instance asks, answers, hangs up, dies or is late.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::ending::describe;
use super::{Ending, Function, Handout, Instance, Phase, State};
use crate::lambda::instance;
use crate::lambda::logs::Tail;

/// Wait after the first instance that ended before it was ready; doubles with each further one.
const START_WAIT: Duration = Duration::from_millis(100);

/// Longest wait between attempts to start an instance, so that a mended binary is noticed soon.
const START_WAIT_MAX: Duration = Duration::from_secs(5);

/// After so many failed starts in a row, only an invocation makes the host try again.
const WARM_ATTEMPTS_MAX: u32 = 5;

impl Function {
    /// An instance asks for work; the answer comes when there is some.
    pub(in crate::lambda) fn next(self: &Arc<Self>, id: u64) -> Option<oneshot::Receiver<Handout>> {
        let mut state = self.state();
        let instance = state.instances.get_mut(&id)?;
        let (sender, receiver) = oneshot::channel();
        let before = std::mem::replace(&mut instance.phase, Phase::Idle(sender));
        let tail = instance.tail.clone();
        state.idle.retain(|idle| *idle != id);
        state.idle.push(id);
        match before {
            Phase::Starting => {
                state.starts_failed = 0;
                state.no_start_before = None;
                self.changed();
            }
            Phase::Busy { job, timer } => {
                timer.abort();
                let error = Ending::error(
                    "Runtime.InvalidResponse",
                    "asked for work without answering",
                    &job.id,
                );
                self.settle(job, error, tail.text());
            }
            Phase::Idle(_) | Phase::Between => {}
        }
        self.pump(&mut state);
        Some(receiver)
    }

    /// An instance that waited for work has hung up.
    pub(in crate::lambda) fn left(&self, id: u64) {
        let mut state = self.state();
        if let Some(instance) = state.instances.get_mut(&id)
            && matches!(instance.phase, Phase::Idle(_))
        {
            instance.phase = Phase::Between;
            state.idle.retain(|idle| *idle != id);
        }
    }

    /// An instance answers; `false` when it does not run that request (any more).
    pub(in crate::lambda) fn finish(
        self: &Arc<Self>,
        id: u64,
        request_id: &str,
        ending: Ending,
    ) -> bool {
        let mut state = self.state();
        let Some(instance) = state.instances.get_mut(&id) else {
            return false;
        };
        let Some(job) = instance.take_job(request_id) else {
            return false;
        };
        let tail = instance.tail.text();
        drop(state);
        self.settle(job, ending, tail);
        true
    }

    /// An instance's process has ended, or could not be started.
    pub(in crate::lambda) fn ended(self: &Arc<Self>, id: u64, end: anyhow::Result<ExitStatus>) {
        let mut state = self.state();
        let Some(instance) = state.instances.remove(&id) else {
            return;
        };
        state.idle.retain(|idle| *idle != id);
        if !state.closed {
            tracing::warn!(
                "an instance of {} ended: {}",
                self.spec.name,
                describe(&end)
            );
        }
        let tail = instance.tail.text();
        match instance.phase {
            Phase::Busy { job, timer } => {
                timer.abort();
                let error = Ending::error("Runtime.ExitError", &describe(&end), &job.id);
                self.settle(job, error, tail);
            }
            Phase::Starting => {
                self.start_failed(&mut state, instance.init_error, &describe(&end), tail)
            }
            Phase::Idle(_) | Phase::Between => {}
        }
        self.changed();
        self.pump(&mut state);
    }

    /// The invocation that needed this instance fails; further starts wait a little.
    fn start_failed(
        self: &Arc<Self>,
        state: &mut State,
        said: Option<Bytes>,
        end: &str,
        tail: String,
    ) {
        let doublings = state.starts_failed.min(10);
        let wait = (START_WAIT * 2_u32.pow(doublings)).min(START_WAIT_MAX);
        state.starts_failed = state.starts_failed.saturating_add(1);
        state.no_start_before = Some(Instant::now() + wait);
        let function = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            function.warm_up();
        });
        if let Some(job) = state.waiting.pop_front() {
            let error = said.map_or_else(
                || Ending::error("Runtime.ExitError", end, &job.id),
                Ending::Error,
            );
            self.settle(job, error, tail);
        }
    }

    /// Gives waiting jobs to idle instances and starts instances for the rest.
    pub(super) fn pump(self: &Arc<Self>, state: &mut State) {
        while !state.waiting.is_empty() {
            let Some(id) = state.idle.pop() else { break };
            self.hand_out(state, id);
        }
        let starting = state
            .instances
            .values()
            .filter(|one| matches!(one.phase, Phase::Starting))
            .count();
        let for_waiting = state.waiting.len().saturating_sub(starting);
        let for_warmth = match state.starts_failed {
            WARM_ATTEMPTS_MAX.. => 0,
            _ => self.spec.warm.saturating_sub(state.instances.len()),
        };
        let room = self
            .spec
            .instances_max
            .saturating_sub(state.instances.len());
        if state.closed
            || state
                .no_start_before
                .is_some_and(|moment| Instant::now() < moment)
        {
            return;
        }
        for _ in 0..for_waiting.max(for_warmth).min(room) {
            self.launch(state);
        }
    }

    fn hand_out(self: &Arc<Self>, state: &mut State, id: u64) {
        let Some(instance) = state.instances.get_mut(&id) else {
            return;
        };
        let Phase::Idle(sender) = std::mem::replace(&mut instance.phase, Phase::Between) else {
            return;
        };
        let Some(job) = state.waiting.pop_front() else {
            instance.phase = Phase::Idle(sender);
            return;
        };
        let timeout =
            chrono::TimeDelta::from_std(self.spec.timeout).unwrap_or(chrono::TimeDelta::MAX);
        let deadline = self.options.clock.now().checked_add_signed(timeout);
        instance.tail.clear();
        let handout = Handout {
            id: job.id.clone(),
            payload: job.payload.clone(),
            deadline_epoch_ms: deadline
                .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)
                .timestamp_millis(),
        };
        if sender.send(handout).is_err() {
            // It hung up a moment ago; its process is ending.
            state.waiting.push_front(job);
            return;
        }
        let timer = self.time_limit(id, job.id.clone());
        instance.phase = Phase::Busy { job, timer };
    }

    fn time_limit(self: &Arc<Self>, id: u64, request_id: String) -> AbortHandle {
        let function = self.clone();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(function.spec.timeout).await;
            function.timed_out(id, &request_id);
        });
        timer.abort_handle()
    }

    fn timed_out(self: &Arc<Self>, id: u64, request_id: &str) {
        let mut state = self.state();
        let Some(instance) = state.instances.get_mut(&id) else {
            return;
        };
        let Some(job) = instance.take_job(request_id) else {
            return;
        };
        instance.kill.notify_one();
        let tail = instance.tail.text();
        drop(state);
        let said = format!(
            "Task timed out after {:.2} seconds",
            self.spec.timeout.as_secs_f64()
        );
        self.settle(
            job,
            Ending::error("Sandbox.Timedout", &said, request_id),
            tail,
        );
    }

    fn launch(self: &Arc<Self>, state: &mut State) {
        let id = state.instances_ever;
        state.instances_ever += 1;
        let kill = Arc::new(Notify::new());
        state.instances.insert(
            id,
            Instance {
                pid: None,
                phase: Phase::Starting,
                init_error: None,
                tail: Tail::default(),
                kill: kill.clone(),
            },
        );
        let function = self.clone();
        tokio::spawn(async move {
            let end = instance::run(&function, id, &kill).await;
            function.ended(id, end);
        });
    }
}
