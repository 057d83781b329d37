//! Hosts the unchanged function binaries through the Lambda Runtime API.
//!
//! Every instance of a function is a process with a Runtime API address of its own. An invocation
//! goes to the idle instance used last, else to a new one, else it waits its turn (first in, first out).
//!
//! A process is killed when its function's time is up and when the host shuts down or its last handle is
//! dropped. Idle instances are kept until then. If the host itself is killed, an idle instance ends by itself, because the Runtime API it listens to is gone,
//! and a busy one when it reports its result.
//!
//! Not imitated: freezing between invocations, memory limits, permissions, versions and aliases, layers,
//! extensions' events, SIGTERM before the end, destinations and dead-letter queues of asynchronous
//! invocations, throttling (what cannot run at once waits instead).

mod function;
mod instance;
mod invocation;
mod invoke_api;
mod logs;
mod runtime_api;
mod spec;
mod url;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, oneshot};

pub use self::invocation::{Invocation, InvokeError};
pub use self::logs::{LogLine, LogStream};
pub use self::spec::{FunctionSpec, HostOptions};

use self::function::{Function, Job};
use self::logs::Logs;

/// Largest payload of a synchronous invocation, and largest result. Source: AWS, "Lambda quotas" (6 MB).
pub const SYNC_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Largest payload of an asynchronous invocation. Source: AWS, "Lambda quotas" (1 MB since 2026).
pub const ASYNC_BYTES_MAX: usize = 1024 * 1024;

/// Longest wait for processes to end at shutdown; they have been killed by then.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// The functions by name; they end with the last handle of their host.
struct Functions(BTreeMap<String, Arc<Function>>);

impl Drop for Functions {
    fn drop(&mut self) {
        for function in self.0.values() {
            function.close();
        }
    }
}

/// Hosts functions. Clones are handles of the same host.
#[derive(Clone)]
pub struct Host {
    functions: Arc<Functions>,
    options: Arc<HostOptions>,
    logs: Logs,
}

impl Host {
    /// Starts hosting: checks the binaries and begins to warm instances, without waiting for them.
    ///
    /// # Errors
    /// When a binary is missing or the log folder cannot be made. Nothing was started.
    pub async fn start(specs: Vec<FunctionSpec>, options: HostOptions) -> anyhow::Result<Self> {
        for spec in &specs {
            anyhow::ensure!(
                spec.binary.is_file(),
                "the binary of {} is not at {}; build it first",
                spec.name,
                spec.binary.display()
            );
        }
        let logs = Logs::open(options.log_dir.clone()).await?;
        let options = Arc::new(options);
        let functions: BTreeMap<_, _> = specs
            .into_iter()
            .map(|spec| (spec.name.clone(), Function::new(spec, &options, &logs)))
            .collect();
        for function in functions.values() {
            function.warm_up();
        }
        Ok(Self {
            functions: Arc::new(Functions(functions)),
            options,
            logs,
        })
    }

    /// Waits until every function has its warm instances; `false` when `within` passed first.
    pub async fn ready(&self, within: Duration) -> bool {
        let all = async {
            for function in self.functions.0.values() {
                function.warmed().await;
            }
        };
        tokio::time::timeout(within, all).await.is_ok()
    }

    /// Names of the hosted functions, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.functions.0.keys().cloned().collect()
    }

    /// ARN of a function, hosted or not.
    #[must_use]
    pub fn arn(&self, function: &str) -> String {
        function_arn(&self.options, function)
    }

    /// Takes an `Event` invocation and returns at once with its request id.
    ///
    /// # Errors
    /// [`InvokeError`]; the function will not run.
    pub fn invoke_async(&self, function: &str, payload: Bytes) -> Result<String, InvokeError> {
        check_size(&payload, ASYNC_BYTES_MAX)?;
        let (job, id) = Job::new(payload, None);
        self.function(function)?.submit(job)?;
        Ok(id)
    }

    /// Invokes a function and waits for its result. Giving up the wait does not stop the function.
    ///
    /// # Errors
    /// [`InvokeError`]; the function did not run. A function that fails is not an error here.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Invocation, InvokeError> {
        check_size(&payload, SYNC_BYTES_MAX)?;
        let (reply, result) = oneshot::channel();
        let (job, _) = Job::new(payload, Some(reply));
        self.function(function)?.submit(job)?;
        result.await.map_err(|_| InvokeError::ShuttingDown)
    }

    /// Serves a function URL (authorisation type `NONE`): HTTP in, payload format 2.0 to the function.
    pub fn url_router(&self, function: &str) -> axum::Router {
        url::router(self.clone(), function.to_owned())
    }

    /// Serves `POST /2015-03-31/functions/{name}/invocations`, as `aws lambda invoke` calls it.
    pub fn api_router(&self) -> axum::Router {
        invoke_api::router(self.clone())
    }

    /// Process ids of a function's live instances, oldest first; none for an unknown function.
    #[must_use]
    pub fn processes(&self, function: &str) -> Vec<u32> {
        self.functions
            .0
            .get(function)
            .map(|function| function.processes())
            .unwrap_or_default()
    }

    /// Every line the functions write from now on. A slow reader loses the oldest lines.
    #[must_use]
    pub fn logs(&self) -> broadcast::Receiver<LogLine> {
        self.logs.subscribe()
    }

    /// Kills every process and waits for their end. Invocations under way and waiting are dropped.
    pub async fn shutdown(&self) {
        for function in self.functions.0.values() {
            function.close();
        }
        let all = async {
            for function in self.functions.0.values() {
                function.emptied().await;
            }
        };
        if tokio::time::timeout(SHUTDOWN_MAX, all).await.is_err() {
            tracing::warn!("some function processes have not ended");
        }
    }

    fn function(&self, name: &str) -> Result<&Arc<Function>, InvokeError> {
        self.functions
            .0
            .get(name)
            .ok_or_else(|| InvokeError::UnknownFunction(name.to_owned()))
    }
}

fn function_arn(options: &HostOptions, function: &str) -> String {
    format!(
        "arn:aws:lambda:{}:{}:function:{function}",
        options.region, options.account
    )
}

fn check_size(payload: &Bytes, max: usize) -> Result<(), InvokeError> {
    match payload.len() {
        bytes if bytes > max => Err(InvokeError::PayloadTooLarge { bytes, max }),
        _ => Ok(()),
    }
}
