//! From the start of a process to its first question for work, and to the end of its first run.
//!
//! The run is a tick of a job whose brand has no ads, so there is nothing to copy. Beside it a function that
//! sends the same statements through the same runtime crate and does nothing else. Both are given their event by
//! a Runtime API of our own, one after the other; sizes of the programs are those beside this one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use chrono::{DurationRound as _, TimeDelta};
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::{
    clock::Clock,
    postgres::{Postgres, Source},
    server::Server,
    stack::{BUS, REGION},
};
use tokio::{process::Command, time::Instant};

use crate::{
    bare, bus, claims,
    machine::{Patience, resident_memory},
    report::{Sample, header, say},
    runtime_api::RuntimeApi,
    video::mebibytes,
    world::JOB,
};

/// Starts of each program.
const STARTS: usize = 30;
/// More than this many times the bare function is too slow.
const TIMES_MAX: f64 = 2.0;

/// A program and its environment.
struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
}

/// All starts of a program.
#[derive(Default)]
struct Figures {
    asked: Vec<Duration>,
    ended: Vec<Duration>,
    resident: u64,
}

/// One start of a program.
struct Start {
    asked: Duration,
    ended: Duration,
    resident: u64,
}

/// Alternates between both, and prints durations and memory.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    let postgres = Postgres::start(Source::Kept(data.join("startup"))).await?;
    let bound = Server::bind(0).await?;
    let (host, bridge) = bus::open(vec![], Some(data.join("startup-logs"))).await?;
    let aws_url = bound.url();
    let server = bound.serve(bridge.router());
    let measured = on(&postgres, &aws_url, data, patience).await;
    server.stop().await;
    host.shutdown().await;
    postgres.stop().await?;
    measured
}

async fn on(
    postgres: &Postgres,
    aws_url: &str,
    data: &Path,
    patience: Patience,
) -> anyhow::Result<()> {
    sundial_local::stack::migrate(postgres.url()).await?;
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(postgres.url()).await?;
    let script = data.join("startup.sql");
    std::fs::write(&script, bare::script(&bare::committed_queries()?)?)?;
    let here = std::env::current_exe().context("finding the programs beside this one")?;
    let here = here.parent().context("no folder")?;
    let programs = [
        (JOB, ours(postgres.url(), aws_url)),
        ("bare_function", bare_environment(postgres.url(), &script)),
    ];
    let programs = programs.map(|(name, environment)| Program {
        path: here.join(name),
        environment,
    });
    patience.wait("start of a function").await?;
    let mut figures = [Figures::default(), Figures::default()];
    for _ in 0..STARTS {
        for (program, figures) in programs.iter().zip(&mut figures) {
            let start = start(program, &due(&pool).await?).await?;
            figures.asked.push(start.asked);
            figures.ended.push(start.ended);
            figures.resident = figures.resident.max(start.resident);
        }
    }
    pool.close().await;
    tell(&programs, figures)
}

fn tell(programs: &[Program], figures: [Figures; 2]) -> anyhow::Result<()> {
    let [ours, bare] = figures;
    let resident = [ours.resident, bare.resident];
    say([header()])?;
    compare("to the first question for work", ours.asked, bare.asked)?;
    compare("to the end of the first run", ours.ended, bare.ended)?;
    for (program, bytes) in programs.iter().zip(resident) {
        let size = std::fs::metadata(&program.path)?.len();
        let name = program.path.file_name().unwrap_or_default().display();
        say([format!(
            "{name}: {:.1} MiB resident after it, program of {:.1} MiB",
            mebibytes(bytes),
            mebibytes(size)
        )])?;
    }
    Ok(())
}

/// Two rows, and how many times the bare one the other is.
fn compare(what: &str, ours: Vec<Duration>, bare: Vec<Duration>) -> std::io::Result<()> {
    let (ours, bare) = (Sample::new(ours), Sample::new(bare));
    let times = ours.percentile(50).as_secs_f64() / bare.percentile(50).as_secs_f64();
    let verdict = if times > TIMES_MAX { "  TOO SLOW" } else { "" };
    say([
        ours.row(&format!("{JOB} {what}")),
        bare.row(&format!("bare {what}")),
        format!("ours / bare, of the medians: {times:.2}{verdict}"),
    ])
}

/// Makes the job's tick due, and gives the event of it.
async fn due(pool: &PgPool) -> anyhow::Result<String> {
    claims::begin_afresh(pool, 1).await?;
    let minute = Clock::system()
        .now()
        .duration_trunc(TimeDelta::minutes(1))?;
    let account = "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
                   select organization_id, id, 'act_1' from brands";
    sqlx::query(account).execute(pool).await?;
    sqlx::query("update scheduled_jobs set next_run_at = $1")
        .bind(minute)
        .execute(pool)
        .await?;
    Ok(json!({"kind": "tick", "job_id": bare::job_id(0), "time": minute}).to_string())
}

async fn start(program: &Program, event: &str) -> anyhow::Result<Start> {
    let mut api = RuntimeApi::start().await?;
    api.give(event.to_owned());
    let began = Instant::now();
    let mut child = Command::new(&program.path)
        .env_clear()
        .envs(program.environment.iter().cloned())
        .env("AWS_LAMBDA_RUNTIME_API", &api.address)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", program.path.display()))?;
    let asked = api.asked().await?;
    let (ended, answer) = api.answered().await?;
    let status: Value = serde_json::from_str(&answer)?;
    let is_done = status.get("status").and_then(Value::as_str) == Some("completed");
    anyhow::ensure!(is_done, "the run ended otherwise: {answer}");
    // It rests when it asks again.
    api.asked().await?;
    let resident = child.id().and_then(resident_memory).unwrap_or_default();
    child.kill().await?;
    Ok(Start {
        asked: asked - began,
        ended: ended - began,
        resident,
    })
}

/// What Lambda tells every function.
fn of_lambda(name: &str) -> Vec<(String, String)> {
    [
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", name),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "one"),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn bare_environment(database_url: &str, script: &Path) -> Vec<(String, String)> {
    let mut environment = of_lambda("bare_function");
    environment.extend([
        ("DATABASE_URL".to_owned(), database_url.to_owned()),
        ("BARE_SCRIPT".to_owned(), script.display().to_string()),
    ]);
    environment
}

fn ours(database_url: &str, aws_url: &str) -> Vec<(String, String)> {
    let mut environment = of_lambda(JOB);
    let settings = [
        ("DATABASE_URL", database_url),
        ("SUNDIAL_BUS", BUS),
        ("SUNDIAL_LOG", "info"),
        ("META_GRAPH_URL", "https://graph.example.com"),
        ("META_API_VERSION", "v25.0"),
        ("META_ACCESS_TOKEN", "bench"),
        ("ASSET_BUCKET", "bench"),
        ("MEDIA_HOSTS", "example.com"),
        ("MEDIA_IMAGE_BYTES_MAX", "31457280"),
        ("MEDIA_VIDEO_BYTES_MAX", "1073741824"),
        ("MEDIA_DOWNLOADS_AT_ONCE", "6"),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", aws_url),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}
