//! The function's own binary, given one event after the other, and what it takes.

use std::{fs::File, process::Stdio, time::Duration};

use anyhow::Context;
use chrono::TimeDelta;
use serde_json::Value;
use sqlx::PgPool;
use tokio::{
    process::{Child, Command},
    time::Instant,
};

use super::place::{JOB, Job, Place};
use crate::{
    machine::{cpu_of, peak_memory},
    runtime_api::RuntimeApi,
};

/// How often the ledger is asked how far the run has come.
const POLL: Duration = Duration::from_millis(10);

/// A process that waits for work.
pub(crate) struct Function {
    child: Child,
    api: RuntimeApi,
}

impl Function {
    /// Starts it and waits until it asks for work. Each invocation ends `timeout` after its beginning.
    pub(crate) async fn start(place: &Place, timeout: TimeDelta) -> anyhow::Result<Self> {
        let program = place.programs.join(JOB);
        let log = File::options().append(true).create(true).open(&place.log)?;
        let mut api = RuntimeApi::start_with(timeout).await?;
        let child = Command::new(&program)
            .env_clear()
            .envs(place.environment())
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

/// When a run's numbers per ad and day were all there, and how long they took by themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Performed {
    /// When the step was over.
    pub(crate) ended: Instant,
    /// From its beginning on.
    pub(crate) took: Duration,
}

/// Waits until the run of `job` has its numbers, by the place that it notes after each step.
pub(crate) async fn performed(
    pool: PgPool,
    job: Job,
    within: Duration,
) -> anyhow::Result<Performed> {
    let give_up = Instant::now() + within;
    let mut began = None;
    while Instant::now() < give_up {
        let step = job.step(&pool).await?;
        let now = Instant::now();
        match step.as_deref() {
            None | Some("plan") => {}
            Some("performance") => {
                began.get_or_insert(now);
            }
            Some(_) => {
                let took = began.map_or(Duration::ZERO, |began| now - began);
                return Ok(Performed { ended: now, took });
            }
        }
        tokio::time::sleep(POLL).await;
    }
    anyhow::bail!("the numbers do not come to an end")
}
