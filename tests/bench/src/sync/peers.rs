//! Others that bring the same rows into the same database: the floor, and dlt.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use serde::Deserialize;
use shared::{clients::meta::insights::FIELDS, steps::insights::PAGE_LIMIT};
use sundial_local::meta::TOKEN;
use tokio::{process::Command, time::timeout};

use super::place::{DLT_SCHEMA, FLOOR_TABLE, Job, Place};
use crate::machine::cpu_of_children;

/// Whoever needs longer does not work.
const WAIT: Duration = Duration::from_secs(600);

/// What one of them took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// By its own clock.
    pub(crate) seconds: f64,
    /// CPU time of its process, its start included.
    pub(crate) cpu: f64,
}

/// What a peer says at its end.
#[derive(Debug, Deserialize)]
struct Told {
    seconds: f64,
    #[serde(default)]
    rows: u32,
}

/// The floor: fetches the pages and copies their rows.
pub(crate) async fn floor(place: &Place, job: &Job) -> anyhow::Result<Took> {
    let (took, told) = run(floor_command(place, job).await?).await?;
    let rows = place.count(FLOOR_TABLE).await?;
    anyhow::ensure!(
        told == job.rows() && rows == told,
        "the floor stored {rows} rows of {told}, wanted {}",
        job.rows()
    );
    Ok(took)
}

/// The same pages, thrown away.
pub(crate) async fn pages(place: &Place, job: &Job) -> anyhow::Result<Took> {
    let mut command = floor_command(place, job).await?;
    command.arg("--read-only");
    Ok(run(command).await?.0)
}

async fn floor_command(place: &Place, job: &Job) -> anyhow::Result<Command> {
    let mut command = Command::new(place.programs.join("sync_floor"));
    command
        .args(["--database-url", place.database_url()])
        .args(["--account-url", &place.account_url()])
        .args(["--token", TOKEN])
        .args(["--since", &job.since.to_string()])
        .args(["--days", &job.days.to_string()])
        .args(["--table", FLOOR_TABLE])
        .args(["--owner", &place.owner().await?]);
    Ok(command)
}

/// dlt in its virtual environment; `None` when it is not installed.
pub(crate) fn dlt() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".local/python/bench/bin/python");
    python.exists().then_some(python)
}

/// dlt's pipeline, its own start not counted.
pub(crate) async fn pipeline(
    python: &Path,
    place: &Place,
    job: &Job,
    home: &Path,
) -> anyhow::Result<Took> {
    if home.exists() {
        std::fs::remove_dir_all(home)?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/dlt_sync.py");
    let mut command = Command::new(python);
    command
        .arg(script)
        // Nothing of this machine's own settings, and nobody is told.
        .env("DLT_DATA_DIR", home)
        .env("DLT_CONFIG_FOLDER", home)
        .env("RUNTIME__DLTHUB_TELEMETRY", "false")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["--database-url", place.database_url()])
        .args(["--account-url", &place.account_url()])
        .args(["--token", TOKEN])
        .args(["--since", &job.since.to_string()])
        .args(["--until", &job.until().to_string()])
        .args(["--fields", &FIELDS.join(",")])
        .args(["--limit", &PAGE_LIMIT.to_string()])
        .args(["--schema", DLT_SCHEMA])
        .args(["--disposition", "replace", "--format", "csv"])
        .arg("--home")
        .arg(home.join("pipelines"));
    let (took, _) = run(command).await?;
    let rows = place.count(&format!("{DLT_SCHEMA}.insights")).await?;
    anyhow::ensure!(
        rows == job.rows(),
        "dlt stored {rows} rows, wanted {}",
        job.rows()
    );
    Ok(took)
}

/// Runs a peer to its end; returns what it took and how many rows it says it had.
async fn run(mut command: Command) -> anyhow::Result<(Took, u32)> {
    let cpu = cpu_of_children()?;
    let output = command.kill_on_drop(true).output();
    let output = timeout(WAIT, output).await.context("it does not end")?;
    let output = output.context("starting it")?;
    let wrong = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{}: {wrong}", output.status);
    let told = told(&String::from_utf8_lossy(&output.stdout))?;
    let took = Took {
        seconds: told.seconds,
        cpu: cpu_of_children()? - cpu,
    };
    Ok((took, told.rows))
}

/// The last line, whatever a library has written before it.
fn told(output: &str) -> anyhow::Result<Told> {
    let line = output.lines().next_back().unwrap_or_default();
    serde_json::from_str(line).with_context(|| format!("it said {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        let told = told("a warning\n{\"seconds\": 2.5, \"rows\": 7}\n").unwrap();

        assert_eq!((told.seconds, told.rows), (2.5, 7));
    }

    #[test]
    fn a_peer_that_says_nothing_is_an_error() {
        assert!(told("").is_err());
        assert!(told("done\n").is_err());
    }
}
