//! A function's process, given one event after the other, and what it takes.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::Instant,
};

use super::{billed::Measured, place::Place};
use crate::{
    machine::{cpu_of, cpu_of_children},
    runtime_api::RuntimeApi,
};

/// Invocations before counting starts: connections and statements are warm then.
const WARM_UP: u32 = 3;
/// Starts that are counted.
const STARTS: u32 = 30;

/// A function that waits for work.
pub(crate) struct Process {
    child: Child,
    api: RuntimeApi,
    log: PathBuf,
    /// From its start to its first question for work.
    took: Duration,
}

impl Process {
    /// Starts a function and waits until it asks for work. Its log goes on where an earlier one ended.
    pub(crate) async fn start(place: &Place, function: &str) -> anyhow::Result<Self> {
        let program = place.programs.join(function);
        let log = place.log(function);
        let out = File::options().append(true).create(true).open(&log)?;
        let mut api = RuntimeApi::start().await?;
        let began = Instant::now();
        let child = Command::new(&program)
            .env_clear()
            .envs(place.environment(function)?)
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .stdout(out.try_clone()?)
            .stderr(out)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let took = api.asked().await? - began;
        Ok(Self {
            child,
            api,
            log,
            took,
        })
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// From the event to the answer, and the answer.
    async fn invoke(&mut self, event: &Value) -> anyhow::Result<(Duration, Value)> {
        let began = Instant::now();
        self.api.give(event.to_string());
        let (ended, answer) = self.api.answered().await?;
        self.api.asked().await?;
        Ok((ended - began, serde_json::from_str(&answer)?))
    }

    fn cpu(&self) -> anyhow::Result<f64> {
        let process = self.child.id().context("the function has ended")?;
        cpu_of(process).context("the function has ended")
    }
}

/// The mean of `count` invocations after some that are not counted. `event` makes each of them possible, `check`
/// refuses an answer.
pub(crate) async fn invocations(
    place: &mut Place,
    process: &mut Process,
    count: u32,
    mut event: impl AsyncFnMut(&mut Place) -> anyhow::Result<Value>,
    check: impl Fn(&Value) -> bool,
) -> anyhow::Result<Measured> {
    let mut wall = Duration::ZERO;
    let mut before = (0.0, 0.0, 0.0);
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            before = (process.cpu()?, bytes(&process.log)?, place.events());
        }
        let event = event(place).await?;
        let (took, answer) = process.invoke(&event).await?;
        anyhow::ensure!(check(&answer), "the function answered {answer}");
        if number >= WARM_UP {
            wall += took;
        }
    }
    let (cpu, log_bytes, events) = before;
    let each = f64::from(count);
    Ok(Measured {
        wall: wall / count,
        cpu: Duration::from_secs_f64((process.cpu()? - cpu) / each),
        requests: 1.0,
        log_bytes: (bytes(&process.log)? - log_bytes) / each,
        events: (place.events() - events) / each,
        puts: 0.0,
    })
}

/// The mean of some starts. CPU time is that of all of them: one alone takes less than the kernel counts in.
pub(crate) async fn starts(place: &Place, function: &str) -> anyhow::Result<Measured> {
    let mut wall = Duration::ZERO;
    let (cpu, log_bytes) = (cpu_of_children()?, bytes(&place.log(function))?);
    for _ in 0..STARTS {
        let process = Process::start(place, function).await?;
        wall += process.took;
        process.stop().await?;
    }
    let each = f64::from(STARTS);
    Ok(Measured {
        wall: wall / STARTS,
        cpu: Duration::from_secs_f64((cpu_of_children()? - cpu) / each),
        log_bytes: (bytes(&place.log(function))? - log_bytes) / each,
        ..Measured::default()
    })
}

/// The length of a file, or nothing.
fn bytes(path: &Path) -> anyhow::Result<f64> {
    let length = std::fs::metadata(path).map_or(0, |it| it.len());
    Ok(u32::try_from(length).map(f64::from)?)
}
