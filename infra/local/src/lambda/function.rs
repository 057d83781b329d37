//! One function: its queue, its instances, and who gets the next invocation.
//!
//! All decisions are made under one lock, in plain steps; processes are started and watched
//! by `instance`, and speak through `runtime_api`.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::logs::{Logs, Tail};
use super::{FunctionSpec, HostOptions, Invocation, InvokeError, function_arn, instance};

/// Most invocations of one function that may wait. Each holds at most a few MB.
const WAITING_MAX: usize = 10_000;

/// Wait after the first instance that ended before it was ready; doubles with each further one.
const START_WAIT: Duration = Duration::from_millis(100);

/// Longest wait between attempts to start an instance, so that a mended binary is noticed soon.
const START_WAIT_MAX: Duration = Duration::from_secs(5);

/// After so many failed starts in a row, only an invocation makes the host try again.
const WARM_ATTEMPTS_MAX: u32 = 5;

/// Decides which instance runs which invocation of one function.
pub(super) struct Function {
    pub(super) spec: FunctionSpec,
    pub(super) options: Arc<HostOptions>,
    pub(super) logs: Logs,
    state: Mutex<State>,
    /// Counts arrivals and departures of instances, for those who wait for one.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    instances: BTreeMap<u64, Instance>,
    /// Idle instances, the one used last at the end: its caches are warmest.
    idle: Vec<u64>,
    instances_ever: u64,
    starts_failed: u32,
    no_start_before: Option<Instant>,
    closed: bool,
}

struct Instance {
    pid: Option<u32>,
    phase: Phase,
    init_error: Option<Bytes>,
    tail: Tail,
    kill: Arc<Notify>,
}

enum Phase {
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
pub(super) struct Job {
    id: String,
    payload: Bytes,
    reply: Option<oneshot::Sender<Invocation>>,
    attempt: u32,
}

impl Job {
    /// A job and its request id; `reply` makes it synchronous.
    pub(super) fn new(
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
pub(super) struct Handout {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) deadline_epoch_ms: i64,
}

/// How an invocation ended, before it is told to whom it concerns.
pub(super) enum Ending {
    Result {
        payload: Bytes,
        content_type: Option<String>,
    },
    Error(Bytes),
}

impl Function {
    pub(super) fn new(spec: FunctionSpec, options: &Arc<HostOptions>, logs: &Logs) -> Arc<Self> {
        Arc::new(Self {
            spec,
            options: options.clone(),
            logs: logs.clone(),
            state: Mutex::default(),
            changes: watch::Sender::new(0),
        })
    }

    pub(super) fn arn(&self) -> String {
        function_arn(&self.options, &self.spec.name)
    }

    /// Queues a job and gives it to an instance if one is free.
    pub(super) fn submit(self: &Arc<Self>, job: Job) -> Result<(), InvokeError> {
        let mut state = self.state();
        if state.closed {
            return Err(InvokeError::ShuttingDown);
        }
        if state.waiting.len() >= WAITING_MAX {
            return Err(InvokeError::QueueFull(self.spec.name.clone()));
        }
        state.waiting.push_back(job);
        self.pump(&mut state);
        Ok(())
    }

    /// Starts the warm instances that are missing.
    pub(super) fn warm_up(self: &Arc<Self>) {
        self.pump(&mut self.state());
    }

    pub(super) async fn warmed(&self) {
        let wanted = self.spec.warm.min(self.spec.instances_max);
        self.wait_for(|state| state.instances.values().filter(|one| one.is_up()).count() >= wanted)
            .await;
    }

    pub(super) async fn emptied(&self) {
        self.wait_for(|state| state.instances.is_empty()).await;
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        self.state()
            .instances
            .values()
            .filter_map(|instance| instance.pid)
            .collect()
    }

    /// Kills all instances and drops what waits; nothing is accepted afterwards.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
        for instance in state.instances.values() {
            instance.kill.notify_one();
        }
    }

    /// An instance's process runs. Returns where its log's tail is kept.
    pub(super) fn started(&self, id: u64, pid: Option<u32>) -> Tail {
        let mut state = self.state();
        let Some(instance) = state.instances.get_mut(&id) else {
            return Tail::default();
        };
        instance.pid = pid;
        instance.tail.clone()
    }

    pub(super) fn is_starting(&self, id: u64) -> bool {
        matches!(
            self.state().instances.get(&id),
            Some(Instance {
                phase: Phase::Starting,
                ..
            })
        )
    }

    /// An instance said why it cannot start.
    pub(super) fn init_failed(&self, id: u64, error: Bytes) {
        if let Some(instance) = self.state().instances.get_mut(&id) {
            instance.init_error = Some(error);
        }
    }

    /// An instance asks for work; the answer comes when there is some.
    pub(super) fn next(self: &Arc<Self>, id: u64) -> Option<oneshot::Receiver<Handout>> {
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
    pub(super) fn left(&self, id: u64) {
        let mut state = self.state();
        if let Some(instance) = state.instances.get_mut(&id)
            && matches!(instance.phase, Phase::Idle(_))
        {
            instance.phase = Phase::Between;
            state.idle.retain(|idle| *idle != id);
        }
    }

    /// An instance answers; `false` when it does not run that request (any more).
    pub(super) fn finish(self: &Arc<Self>, id: u64, request_id: &str, ending: Ending) -> bool {
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
    pub(super) fn ended(self: &Arc<Self>, id: u64, end: anyhow::Result<ExitStatus>) {
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
    fn pump(self: &Arc<Self>, state: &mut State) {
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

    /// Tells the result, or tries an asynchronous job again.
    fn settle(self: &Arc<Self>, job: Job, ending: Ending, log_tail: String) {
        let (payload, content_type, function_error) = match ending {
            Ending::Result {
                payload,
                content_type,
            } => (payload, content_type, None),
            Ending::Error(payload) => (payload, None, Some("Unhandled".to_owned())),
        };
        let Some(reply) = job.reply else {
            if function_error.is_some() {
                self.retry(job, &payload);
            }
            return;
        };
        // Whoever asked may have gone away.
        let _ = reply.send(Invocation {
            request_id: job.id,
            status: 200,
            function_error,
            payload,
            content_type,
            log_tail,
        });
    }

    fn retry(self: &Arc<Self>, mut job: Job, error: &Bytes) {
        let error = String::from_utf8_lossy(error);
        if job.attempt >= self.spec.retries {
            tracing::warn!(
                request.id = job.id,
                "an event for {} failed: {error}",
                self.spec.name
            );
            return;
        }
        tracing::info!(
            request.id = job.id,
            "an event for {} failed, trying again: {error}",
            self.spec.name
        );
        job.attempt += 1;
        let function = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(function.spec.retry_wait).await;
            if let Err(error) = function.submit(job) {
                tracing::warn!(%error, "an event is lost");
            }
        });
    }

    async fn wait_for(&self, reached: impl Fn(&State) -> bool) {
        let mut changes = self.changes.subscribe();
        while !reached(&self.state()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instance {
    fn is_up(&self) -> bool {
        !matches!(self.phase, Phase::Starting)
    }

    fn take_job(&mut self, request_id: &str) -> Option<Job> {
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

impl Ending {
    pub(super) fn error(kind: &str, said: &str, request_id: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: {said}");
        let body = serde_json::json!({ "errorType": kind, "errorMessage": message });
        Self::Error(Bytes::from(body.to_string()))
    }
}

/// As AWS words it.
fn describe(end: &anyhow::Result<ExitStatus>) -> String {
    match end {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => {
            let status = status.to_string().replace("exit status:", "exit status");
            format!("Runtime exited with error: {status}")
        }
        Err(error) => format!("{error:#}"),
    }
}
