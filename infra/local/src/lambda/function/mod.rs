//! One function: its queue, its instances, and who gets the next invocation.
//!
//! All decisions are made under one lock, in plain steps. Processes are started and watched by
//! `instance`, and speak through `runtime_api`.

mod dispatch;
mod ending;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

pub(super) use self::ending::Ending;
pub(super) use self::state::{Handout, Job};
use self::state::{Instance, Phase, State};
use super::logs::{Logs, Tail};
use super::{FunctionSpec, HostOptions, InvokeError, function_arn};

/// Most invocations of one function that may wait. Each holds at most a few MB.
const WAITING_MAX: usize = 10_000;

/// Decides which instance runs which invocation of one function.
pub(super) struct Function {
    pub(in crate::lambda) spec: FunctionSpec,
    pub(in crate::lambda) options: Arc<HostOptions>,
    pub(in crate::lambda) logs: Logs,
    state: Mutex<State>,
    /// Counts arrivals and departures of instances, for those who wait for one.
    changes: watch::Sender<u64>,
}

impl Function {
    pub(in crate::lambda) fn new(
        spec: FunctionSpec,
        options: &Arc<HostOptions>,
        logs: &Logs,
    ) -> Arc<Self> {
        Arc::new(Self {
            spec,
            options: options.clone(),
            logs: logs.clone(),
            state: Mutex::default(),
            changes: watch::Sender::new(0),
        })
    }

    pub(in crate::lambda) fn arn(&self) -> String {
        function_arn(&self.options, &self.spec.name)
    }

    /// Queues a job and gives it to an instance if one is free.
    pub(in crate::lambda) fn submit(self: &Arc<Self>, job: Job) -> Result<(), InvokeError> {
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
    pub(in crate::lambda) fn warm_up(self: &Arc<Self>) {
        self.pump(&mut self.state());
    }

    pub(in crate::lambda) async fn warmed(&self) {
        let wanted = self.spec.warm.min(self.spec.instances_max);
        self.wait_for(|state| state.instances.values().filter(|one| one.is_up()).count() >= wanted)
            .await;
    }

    pub(in crate::lambda) async fn emptied(&self) {
        self.wait_for(|state| state.instances.is_empty()).await;
    }

    pub(in crate::lambda) fn processes(&self) -> Vec<u32> {
        self.state()
            .instances
            .values()
            .filter_map(|instance| instance.pid)
            .collect()
    }

    /// Kills all instances and drops what waits; nothing is accepted afterwards.
    pub(in crate::lambda) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
        for instance in state.instances.values() {
            instance.kill.notify_one();
        }
    }

    /// An instance's process runs. Returns where its log's tail is kept.
    pub(in crate::lambda) fn started(&self, id: u64, pid: Option<u32>) -> Tail {
        let mut state = self.state();
        let Some(instance) = state.instances.get_mut(&id) else {
            return Tail::default();
        };
        instance.pid = pid;
        instance.tail.clone()
    }

    pub(in crate::lambda) fn is_starting(&self, id: u64) -> bool {
        matches!(
            self.state().instances.get(&id),
            Some(Instance {
                phase: Phase::Starting,
                ..
            })
        )
    }

    /// An instance said why it cannot start.
    pub(in crate::lambda) fn init_failed(&self, id: u64, error: Bytes) {
        if let Some(instance) = self.state().instances.get_mut(&id) {
            instance.init_error = Some(error);
        }
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
