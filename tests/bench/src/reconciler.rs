//! What ten thousand schedules cost the reconciler: calls of the cloud's API, time and memory.
//!
//! The function and the command `schedules` are the binaries built beside this one; EventBridge is the local
//! one, which answers in microseconds. At AWS a call takes some ten milliseconds and the setting
//! `SUNDIAL_RULE_CALLS_PER_SECOND` says how many are made; so the number of calls is what counts.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use sundial_local::{
    clock::Clock,
    events::EventBridge,
    lambda::{FunctionSpec, Host},
    postgres::{Postgres, Source},
    server::Server,
    stack::{ACCOUNT, BUS, REGION},
};
use tokio::{process::Command, time::Instant};

use crate::{
    bus,
    cost::{Cost, since},
    database,
    machine::{Patience, cpu_of, cpu_of_children, peak_memory},
    report::say,
    video::mebibytes,
};

/// Active recurring jobs.
const JOBS: i64 = 10_000;
/// Rules AWS would have to grant: one a job, and those that wake the reconciler.
const RULES_MAX: usize = 12_000;
/// Calls a steady sweep may cost: a hundred rules a page, and some.
const CALLS_MAX: u64 = 120;
/// Time `schedules plan` may take.
const PLAN_MAX: Duration = Duration::from_secs(5);
/// The fastest pace the setting takes: what is measured is our own part.
const CALLS_PER_SECOND: u32 = 1_000;
/// Time one sweep may take.
const SWEEP_MAX: Duration = Duration::from_secs(60);
/// Steady sweeps that are measured.
const SWEEPS: usize = 3;
const FUNCTION: &str = "reconciler";

/// The database, the cloud and the function.
struct Bench {
    postgres: Postgres,
    db: PgConnection,
    bridge: EventBridge,
    host: Host,
    server: Server,
    environment: Vec<(String, String)>,
    programs: PathBuf,
}

/// Writes the jobs, makes their rules, and prints what nothing, one change and a plan cost.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    let mut bench = Bench::start(data).await?;
    bench.seed().await?;
    patience
        .wait(&format!("reconciler: {JOBS} schedules"))
        .await?;
    say([format!(
        "{:<34} {:>9} {:>9} {:>7} {:>7} {:>9}",
        "", "wall s", "CPU s", "calls", "writes", "peak MiB"
    )])?;
    bench.command("apply: all rules are new", "apply").await?;
    let mut misses = vec![];
    for number in 1..=SWEEPS {
        let cost = bench
            .sweep(&format!("sweep {number}: nothing changed"))
            .await?;
        misses.extend(cost.miss("a steady sweep", 0, CALLS_MAX));
    }
    bench.change_one().await?;
    let cost = bench.sweep("sweep: one row changed").await?;
    // The target, then the rule.
    misses.extend(cost.miss("a sweep with one change", 2, CALLS_MAX + 2));
    let cost = bench.command("plan", "plan").await?;
    if cost.wall > PLAN_MAX {
        misses.push(format!("plan took more than {} s", PLAN_MAX.as_secs()));
    }
    bench.stop().await?;
    anyhow::ensure!(misses.is_empty(), "missed: {}", misses.join("; "));
    say(["every bound is kept"])?;
    Ok(())
}

impl Bench {
    async fn start(data: &Path) -> anyhow::Result<Self> {
        let postgres = Postgres::start(Source::Kept(data.join("reconciler"))).await?;
        sundial_local::stack::migrate(postgres.url()).await?;
        let db = PgConnection::connect(postgres.url()).await?;
        let bound = Server::bind(0).await?;
        let environment = environment(postgres.url(), &bound.url());
        let program = std::env::current_exe().context("finding the programs beside this one")?;
        let programs = program.parent().context("no folder")?.to_owned();
        let mut function = FunctionSpec::new(FUNCTION, programs.join(FUNCTION));
        function.timeout = SWEEP_MAX;
        function.instances_max = 1;
        function.environment = environment.clone();
        let (host, bridge) = bus::open(vec![function], Some(data.join("reconciler-logs"))).await?;
        bridge.grant_rules(RULES_MAX);
        let server = bound.serve(bridge.router());
        Ok(Self {
            postgres,
            db,
            bridge,
            host,
            server,
            environment,
            programs,
        })
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.host.shutdown().await;
        self.server.stop().await;
        self.db.close().await?;
        self.postgres.stop().await
    }

    /// Daily jobs at every minute of the day, the first of them due in an hour: nothing fires meanwhile.
    async fn seed(&mut self) -> anyhow::Result<()> {
        let brand = database::brand(&mut self.db, 1).await?;
        database::daily_jobs(&mut self.db, &brand, JOBS).await?;
        Ok(())
    }

    /// Moves one job by a minute, as an edit does.
    async fn change_one(&mut self) -> anyhow::Result<()> {
        let changed = database::move_one(&mut self.db).await?;
        anyhow::ensure!(changed == 1, "{changed} jobs were changed");
        Ok(())
    }

    async fn sweep(&self, what: &str) -> anyhow::Result<Cost> {
        minute_of_look(false).await;
        let (before, cpu) = (self.bridge.calls(), self.cpu());
        let began = Instant::now();
        let payload = Bytes::from_static(br#"{"kind":"sweep"}"#);
        let answer = self.host.invoke(FUNCTION, payload).await?;
        let cost = Cost {
            wall: began.elapsed(),
            calls: since(&before, self.bridge.calls()),
        };
        anyhow::ensure!(answer.function_error.is_none(), "{answer:?}");
        let processes = self.host.processes(FUNCTION);
        let peak = processes.into_iter().filter_map(peak_memory).max();
        row(what, &cost, self.cpu() - cpu, peak)?;
        Ok(cost)
    }

    fn cpu(&self) -> f64 {
        let processes = self.host.processes(FUNCTION);
        processes.into_iter().filter_map(cpu_of).sum()
    }

    /// Runs `schedules` with one subcommand.
    async fn command(&self, what: &str, subcommand: &str) -> anyhow::Result<Cost> {
        let (before, cpu) = (self.bridge.calls(), cpu_of_children()?);
        let began = Instant::now();
        let output = Command::new(self.programs.join("schedules"))
            .args([subcommand, "--json"])
            .env_clear()
            .envs(self.environment.iter().cloned())
            .output()
            .await
            .context("starting schedules")?;
        let cost = Cost {
            wall: began.elapsed(),
            calls: since(&before, self.bridge.calls()),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "schedules {subcommand}: {said}");
        let _answer: Value = serde_json::from_slice(&output.stdout)?;
        row(what, &cost, cpu_of_children()? - cpu, None)?;
        Ok(cost)
    }
}

fn row(what: &str, cost: &Cost, cpu: f64, peak: Option<u64>) -> std::io::Result<()> {
    let wall = cost.wall.as_secs_f64();
    let peak = peak.map_or_else(|| "-".to_owned(), |peak| format!("{:.1}", mebibytes(peak)));
    let (calls, writes) = (cost.calls(), cost.writes());
    say([format!(
        "{what:<34} {wall:>9.2} {cpu:>9.2} {calls:>7} {writes:>7} {peak:>9}"
    )])
}

fn environment(database_url: &str, aws_url: &str) -> Vec<(String, String)> {
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("SUNDIAL_BUS", BUS.to_owned()),
        ("SUNDIAL_LOG", "warn".to_owned()),
        ("SUNDIAL_RETENTION_DAYS", "90".to_owned()),
        ("SUNDIAL_RULE_PREFIX", "sundial".to_owned()),
        (
            "SUNDIAL_FUNCTION_ARN",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{function}}"),
        ),
        (
            "SUNDIAL_RULE_CALLS_PER_SECOND",
            CALLS_PER_SECOND.to_string(),
        ),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "bench".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", aws_url.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Waits for the tenth minute, in which the reconciler looks at the targets as well, which costs as many calls
/// again; or for another one.
pub(crate) async fn minute_of_look(is_thorough: bool) {
    while (Clock::system().now().timestamp() / 60 % 10 == 0) != is_thorough {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
