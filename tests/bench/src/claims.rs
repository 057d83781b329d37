//! Claim and settle through the runtime, beside the bare statements of both sent by `pgbench`.
//!
//! The same cluster in the same run: jobs without caps whose ticks are due one after the other, a handler
//! that does nothing, a bus that only remembers. pgbench sends what the runtime sends, prepared, in the same
//! three transactions; its script is made of the committed queries, so it cannot drift from them.

use std::{path::Path, time::Duration};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use shared::{
    clients::bus::Bus,
    config::{Pooling, Secret},
    domain::{AssetDownloadParams, Clock, JobId, JobType, Outcome, Report},
    runtime::{self, Event, Run, Worker},
    store::Database,
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::postgres::{Postgres, Source};
use tokio::{process::Command, task::JoinSet, time::Instant};

use crate::{
    bare,
    machine::{Patience, load},
    report::{median, say},
};

/// As the peers' floor was measured.
const CLIENTS: [u32; 3] = [1, 4, 16];
/// Threads of either side.
const THREADS: u32 = 2;
/// One repetition of one side.
const SPELL: Duration = Duration::from_secs(4);
/// Less than this part of the bare rate is too slow.
const PART_MIN: f64 = 0.6;
/// Watermarks begin here; every claim moves one on by a minute.
const BEGIN: &str = "2026-01-01T00:00:00Z";

/// Alternates between both, and prints runs a second.
pub(crate) async fn measure(
    data: &Path,
    patience: Patience,
    repetitions: u32,
) -> anyhow::Result<()> {
    let postgres = Postgres::start(Source::Kept(data.join("claims"))).await?;
    let measured = on(&postgres, data, patience, repetitions).await;
    postgres.stop().await?;
    measured
}

async fn on(
    postgres: &Postgres,
    data: &Path,
    patience: Patience,
    repetitions: u32,
) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(postgres.url()).await?;
    Database::from_pool(pool.clone()).migrate().await?;
    let script = data.join("claims.sql");
    std::fs::write(&script, bare::script(&bare::committed_queries()?)?)?;
    patience.wait("claim and settle: runs a second").await?;
    say([format!(
        "{:<10} {:>16} {:>16} {:>8}",
        "clients", "runtime", "bare pgbench", "part"
    )])?;
    for clients in CLIENTS {
        let (mut ours, mut floor, mut parts) = (vec![], vec![], vec![]);
        for _ in 0..repetitions {
            begin_afresh(&pool, clients).await?;
            let bare = pgbench(postgres.url(), &script, clients).await?;
            begin_afresh(&pool, clients).await?;
            let rate = deliveries(postgres.url(), clients).await?;
            ours.push(rate);
            floor.push(bare);
            parts.push(rate / bare);
        }
        let part = median(&parts).0;
        let verdict = if part < PART_MIN { "  TOO SLOW" } else { "" };
        say([format!(
            "{clients:<10} {:>16.0} {:>16.0} {part:>8.2}{verdict}",
            median(&ours).0,
            median(&floor).0
        )])?;
    }
    say([format!("load {}", load()?)])?;
    pool.close().await;
    Ok(())
}

/// An empty ledger, and a job for each client.
pub(crate) async fn begin_afresh(pool: &PgPool, clients: u32) -> sqlx::Result<()> {
    for sql in [
        "truncate scheduled_job_runs, scheduled_jobs, dataset_status, notifications, brands, organizations cascade",
        "update job_types set running_max = null, running_per_brand_max = null",
        "insert into organizations (id, name) values (gen_random_uuid(), 'Bench')",
        "insert into brands (organization_id, name) select id, 'Bench' from organizations",
    ] {
        sqlx::query(sql).execute(pool).await?;
    }
    for client in 0..clients {
        sqlx::query(
            "insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, schedule_type,
                    cron_expression, next_run_at, parameters)
             select $1, organization_id, id, 'asset_download', 'Bench', 'recurring', '* * * * *', $2::timestamptz,
                    jsonb_build_object('max_videos', $3::int)
               from brands",
        )
        .bind(bare::job_id(client))
        .bind(BEGIN.parse::<DateTime<Utc>>().unwrap_or_default())
        .bind(i32::try_from(client).unwrap_or_default())
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// Runs a second of the runtime: as many threads as pgbench has, each client with connections of its own as
/// an instance of a function has.
async fn deliveries(url: &str, clients: u32) -> anyhow::Result<f64> {
    let until = Instant::now() + SPELL;
    let mut threads = JoinSet::new();
    for thread in 0..THREADS {
        let url = Secret::new(url);
        let clients = (0..clients).filter(move |client| client % THREADS == thread);
        threads.spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(deliver_all(until, &url, clients))
        });
    }
    let mut runs = 0;
    while let Some(ended) = threads.join_next().await {
        runs += ended??;
    }
    Ok(f64::from(runs) / SPELL.as_secs_f64())
}

/// The runs of one thread's clients.
async fn deliver_all(
    until: Instant,
    url: &Secret,
    clients: impl Iterator<Item = u32>,
) -> anyhow::Result<u32> {
    let workers = clients.map(async |client| {
        let db = Database::open(url, Pooling::Session)?;
        let runs = deliver_until(until, db.clone(), JobId(bare::job_id(client))).await;
        db.close().await;
        runs
    });
    Ok(try_join_all(workers).await?.into_iter().sum())
}

async fn deliver_until(until: Instant, db: Database, job_id: JobId) -> anyhow::Result<u32> {
    let clock = Clock::manual(BEGIN.parse()?);
    let worker = Worker {
        job_type: JobType::AssetDownload,
        db,
        bus: Bus::recorder().0,
        clock: clock.clone(),
    };
    let idle = async |_: &Run<AssetDownloadParams>| Ok(Outcome::Done(Report::new()));
    let mut runs = 0;
    while Instant::now() < until {
        let time = clock.now();
        let event = Event::Tick { job_id, time };
        let delivery =
            runtime::deliver(&worker, event, time + TimeDelta::minutes(15), &idle).await?;
        anyhow::ensure!(delivery.run_id.is_some(), "no run: {:?}", delivery.note);
        clock.advance(TimeDelta::minutes(1));
        runs += 1;
    }
    Ok(runs)
}

/// Transactions a second of the bare statements.
async fn pgbench(url: &str, script: &Path, clients: u32) -> anyhow::Result<f64> {
    let mut command = Command::new("pgbench");
    command
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--jobs={THREADS}"))
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", SPELL.as_secs()))
        .arg(format!("--file={}", script.display()))
        .arg(url);
    let output = command.kill_on_drop(true).output().await;
    let output = output.context("starting pgbench; it comes with PostgreSQL's client programs")?;
    let (said, wrong) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    anyhow::ensure!(output.status.success(), "pgbench: {wrong}");
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rest| rest.split(' ').next()?.parse().ok());
    rate.with_context(|| format!("pgbench told no rate: {said}{wrong}"))
}
