//! A function's own binary, given one event after the other, and what it takes.

use std::{fs::File, path::Path, process::Stdio};

use anyhow::Context;
use chrono::TimeDelta;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::{
    machine::{cpu_of, peak_memory},
    runtime_api::RuntimeApi,
};

/// A process that waits for work.
pub(crate) struct Function {
    child: Child,
    api: RuntimeApi,
}

impl Function {
    /// Starts the function `name` of the programs beside this one, with `environment`, and waits until it asks for
    /// work. Each invocation ends `timeout` after its beginning. What it says is appended to `log`.
    pub(crate) async fn start(
        name: &str,
        (log, environment): (&Path, Vec<(&'static str, String)>),
        timeout: TimeDelta,
    ) -> anyhow::Result<Self> {
        let here = std::env::current_exe().context("finding the programs beside this one")?;
        let program = here.with_file_name(name);
        let log = File::options().append(true).create(true).open(log)?;
        let mut api = RuntimeApi::start_with(timeout).await?;
        let child = Command::new(&program)
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        api.asked().await?;
        Ok(Self { child, api })
    }

    /// One invocation, from its event until the process asks for the next.
    pub(crate) async fn invoke(&mut self, event: &Value) -> anyhow::Result<()> {
        self.api.give(event.to_string());
        self.api.answered().await?;
        self.api.asked().await?;
        Ok(())
    }

    /// Ends it; returns the most memory it has had, and its CPU time in seconds.
    pub(crate) async fn stop(mut self) -> anyhow::Result<(u64, f64)> {
        let process = self.child.id().context("the function has ended")?;
        let peak = peak_memory(process).context("the function has ended")?;
        let cpu = cpu_of(process).context("the function has ended")?;
        self.child.kill().await?;
        Ok((peak, cpu))
    }
}
