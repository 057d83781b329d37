//! Runs simulations on the PostgreSQL at `DATABASE_URL`: many seeds, or one with its timeline.
//!
//! Exits 0 when no promise was broken, 1 when one was, 2 for wrong use.

#![allow(clippy::allow_attributes, reason = "see the next line")]
#![allow(clippy::print_stdout, reason = "a program that prints its findings")]

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use anyhow::Context;
use clap::Parser;
use shared::MIGRATOR;
use simulator::{
    report::Tally,
    world::{Ended, simulate},
};
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Simulates the ledger, its functions and everything that can go wrong around them.
#[derive(Debug, Parser)]
struct Arguments {
    /// The PostgreSQL to work in; databases named `simulation_N` are made and removed
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,

    /// Replay this seed and tell what happens
    #[arg(long, conflicts_with_all = ["seeds", "base"])]
    seed: Option<u64>,

    /// How many seeds to run
    #[arg(long, default_value_t = 20)]
    seeds: u64,

    /// The first of them
    #[arg(long, default_value_t = 1)]
    base: u64,

    /// Simulated days per seed
    #[arg(long, default_value_t = 30)]
    days: u32,

    /// Start no further seed once a promise was broken
    #[arg(long)]
    stop_at_first: bool,

    /// Seeds at the same time
    #[arg(long, default_value_t = 2)]
    workers: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Handlers panic by design; the runtime turns that into a failed run.
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or_default();
        if message != "on purpose" {
            eprintln!("{info}");
        }
    }));
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("simulate: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let (first, count) = match arguments.seed {
        Some(seed) => (seed, 1),
        None => (arguments.base, arguments.seeds),
    };
    let next = AtomicU64::new(first);
    let mut total = Tally::default();
    let mut broken = vec![];
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.workers.min(count))
            .map(|number| {
                scope.spawn({
                    let next = &next;
                    move || worker(arguments, number, next, first + count)
                })
            })
            .collect();
        for worker in workers {
            let (tally, found) = worker
                .join()
                .map_err(|_| anyhow::anyhow!("a worker panicked"))??;
            total.add(&tally);
            broken.extend(found);
        }
        anyhow::Ok(())
    })?;
    broken.sort();
    println!("{total}");
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = total.seeds as f64 / seconds;
    println!("wall time     {seconds:.1} s, {rate:.2} seeds a second");
    println!("violations    {}", broken.len());
    for seed in &broken {
        println!("make simulate SEED={seed} DAYS={}", arguments.days);
    }
    Ok(broken.is_empty())
}

/// Tells how far a long simulation has come, some twenty times.
fn tell_progress(arguments: &Arguments, left: u64) {
    let begun = arguments.seeds - left.min(arguments.seeds);
    let step = (arguments.seeds / 20).max(10);
    if begun > 0 && begun.is_multiple_of(step) && arguments.seed.is_none() {
        eprintln!("{begun} of {} seeds begun", arguments.seeds);
    }
}

/// Runs seeds until none is left, on a database of its own.
fn worker(
    arguments: &Arguments,
    number: u64,
    next: &AtomicU64,
    end: u64,
) -> anyhow::Result<(Tally, Vec<u64>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (server, ledger) = open(&arguments.database_url, number).await?;
        let (mut total, mut broken) = (Tally::default(), vec![]);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                remove(&arguments.database_url, &server).await?;
                return Ok((total, broken));
            }
            tell_progress(arguments, end - seed);
            let is_told = arguments.seed.is_some();
            let ended = simulate(&server, &ledger, seed, arguments.days, is_told)
                .await
                .with_context(|| format!("seed {seed}"))?;
            if let Ended {
                violation: Some((at, violation)),
                ..
            } = &ended
            {
                println!(
                    "seed {seed} at {at}: {}\n    {}",
                    violation.invariant, violation.found
                );
                broken.push(seed);
                if arguments.stop_at_first {
                    next.store(end, Ordering::Relaxed);
                }
            }
            total.add(&ended.tally);
        }
    })
}

/// Makes an empty, migrated database.
async fn open(url: &str, number: u64) -> anyhow::Result<(PgConnectOptions, PgPool)> {
    let server: PgConnectOptions = url.parse().context("reading DATABASE_URL")?;
    let name = format!("simulation_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect_with(&server).await?;
    connection
        .execute(format!("create database {name}").as_str())
        .await?;
    connection.close().await?;
    let server = server.database(&name).disable_statement_logging();
    let ledger = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(server.clone())
        .await?;
    MIGRATOR.run(&ledger).await?;
    Ok((server, ledger))
}

async fn remove(url: &str, server: &PgConnectOptions) -> anyhow::Result<()> {
    let name = server.get_database().unwrap_or_default();
    let mut connection = PgConnection::connect(url).await?;
    let sql = format!("drop database if exists {name} with (force)");
    connection.execute(sql.as_str()).await?;
    Ok(connection.close().await?)
}
