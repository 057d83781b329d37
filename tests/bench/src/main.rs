//! Measures what Sundial promises about time and memory, and its peers in the same run.
//!
//! Starts the whole local stack with the function binaries built beside it, on a durable PostgreSQL. Prints
//! one table per group. All but `reconciler`, `startup`, `claims`, `sync`, `sync-large`, `classify` and `console` need `nginx` and, to compare, `rclone`
//! and `curl`; `claims` needs `pgbench`, `sync` compares with dlt. A peer that is missing is named.
//! Not part of the tests: its figures mean something only on a quiet machine. Running it again is safe.

mod bare;
mod bill;
mod bus;
mod claims;
mod classify;
mod console;
mod copies;
mod cost;
mod database;
mod distance;
mod files;
mod floor;
mod function;
mod graph;
mod lateness;
mod machine;
mod nginx;
mod peers;
mod reconciler;
mod report;
mod run_now;
mod runtime_api;
mod starts;
mod startup;
mod sync;
mod video;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};

/// Measures the local stack.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything when not given
    #[arg(value_enum)]
    groups: Vec<Group>,

    /// Where files, objects and the database are kept; emptied first
    #[arg(long, value_name = "DIR", default_value = ".local/bench")]
    data: PathBuf,

    /// Runs per latency figure, at most 200
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=200))]
    runs: u32,

    /// Repetitions of each copy and sync; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    repetitions: u32,

    /// Do not wait for the machine to be quiet
    #[arg(long)]
    impatient: bool,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Memory while one large video is copied
    Video,
    /// Many files into S3, beside rclone and curl
    Copies,
    /// From an HTTP request to the handler
    RunNow,
    /// From the minute to the handler
    Lateness,
    /// Claim and settle, beside pgbench with the same statements
    Claims,
    /// From the start of a process to its first run, beside a bare function
    Startup,
    /// Ten thousand schedules: calls, time and memory of sweeps and plans
    Reconciler,
    /// What AWS would bill for a run, a sweep and a month
    Cost,
    /// 50,000 rows of Meta's numbers, beside a bare copy of them and dlt
    Sync,
    /// 450,000 of them in invocations of a minute: segments, memory, and no page twice
    SyncLarge,
    /// Ads and large videos through `ad_classification`, beside the least that a stand-in's latency allows
    Classify,
    /// Pages, lists and run-now with 10,000 jobs and 1,000,000 runs: time and size, beside a bare insert
    Console,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let groups = match arguments.groups.as_slice() {
        [] => Group::value_variants(),
        some => some,
    };
    let patience = machine::Patience::new(!arguments.impatient);
    let data = files::begin_afresh(&arguments.data)?;
    for group in groups {
        match group {
            Group::Video => video::measure(&data, patience).await?,
            Group::Copies => copies::measure(&data, patience, arguments.repetitions).await?,
            Group::RunNow => run_now::measure(&data, patience, arguments.runs).await?,
            Group::Claims => claims::measure(&data, patience, arguments.repetitions).await?,
            Group::Startup => startup::measure(&data, patience).await?,
            Group::Reconciler => reconciler::measure(&data, patience).await?,
            Group::Cost => bill::measure(&data, patience).await?,
            Group::Sync => sync::measure(&data, patience, arguments.repetitions).await?,
            Group::SyncLarge => sync::measure_large(&data, patience).await?,
            Group::Classify => classify::measure(&data, patience).await?,
            Group::Console => console::measure(&data, patience, arguments.runs).await?,
            Group::Lateness => lateness::measure(&data, patience, arguments.runs).await?,
        }
    }
    Ok(())
}
