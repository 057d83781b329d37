//! The console and the API on a large ledger: 10,000 jobs and a million runs.
//!
//! The dispatcher serves from this process, with as many connections as a function has, so that what is measured is
//! its own time, the database's, and one trip over the loopback. Nothing goes to a bus.

mod pages;
mod run_now;
mod server;

use std::path::Path;

use anyhow::Context;
use sqlx::PgPool;
use sundial_local::postgres::{Postgres, Source};

use crate::{
    machine::{Patience, load},
    report::{header, say},
};
use server::Server;

/// Fills the database.
const SEED: &str = include_str!("seed.sql");

/// Prints how long pages, lists and run-now take, and how large pages are.
pub(crate) async fn measure(data: &Path, patience: Patience, runs: u32) -> anyhow::Result<()> {
    let home = data.join("console");
    std::fs::create_dir_all(&home)?;
    let postgres = Postgres::start(Source::Kept(home.join("postgres"))).await?;
    sundial_local::stack::migrate(postgres.url()).await?;
    let pool = PgPool::connect(postgres.url()).await?;
    say(["writing 10,000 jobs and a million runs, which takes a minute or two"])?;
    for sql in [SEED, "vacuum analyze"] {
        let filled = sqlx::raw_sql(sql).execute(&pool).await;
        filled.context("filling the database")?;
    }
    let server = Server::start(postgres.url()).await?;
    patience
        .wait("console: 10,000 jobs, 1,000,000 runs, 200 organizations")
        .await?;
    say([header()])?;
    pages::measure(&server, &pool, runs).await?;
    run_now::measure(&server, &pool, runs).await?;
    say([format!("load afterwards {}", load()?)])?;
    server.stop().await?;
    pool.close().await;
    postgres.stop().await
}
