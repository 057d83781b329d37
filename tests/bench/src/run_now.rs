//! From an HTTP request to the handler: a run asked for over HTTP, and the floor of the same database.

use std::{path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sundial_local::clock::Clock;

use crate::{
    database, floor,
    machine::Patience,
    report::{Sample, header, say},
    world::World,
};

/// Between the end of one run and the next request, as the peers were measured.
const PAUSE: Duration = Duration::from_millis(30);
/// Runs before counting starts: processes, connections and statements are warm then.
const WARM_UP: u32 = 20;

/// Prints start latencies of a worker that is warm and otherwise idle.
pub(crate) async fn measure(data: &Path, patience: Patience, runs: u32) -> anyhow::Result<()> {
    let mut world = World::start(data, "run_now", Clock::system()).await?;
    patience
        .wait("run now: from just before the HTTP request to the handler")
        .await?;
    let floor = floor::measure(world.stack.postgres.url(), runs).await?;
    let one_time = one_time(&mut world, runs).await?;
    let existing = existing(&mut world, runs).await?;
    let floor_again = floor::measure(world.stack.postgres.url(), runs).await?;
    say([
        header(),
        floor.row("floor: insert, notify, claim (before)"),
        one_time.row("POST /api/runs"),
        existing.row("POST /api/jobs/{id}/run"),
        floor_again.row("floor: insert, notify, claim (after)"),
    ])?;
    world.stop().await
}

async fn one_time(world: &mut World, runs: u32) -> anyhow::Result<Sample> {
    let brand = database::brand(&mut world.db, 1).await?;
    let parameters = json!({});
    let mut durations = Vec::new();
    for number in 0..WARM_UP + runs {
        tokio::time::sleep(PAUSE).await;
        let asked = world.clock.now();
        let run = world.post_run(brand.id, &parameters).await?;
        let duration = since(asked, world.starts.started(run).await?);
        world.starts.ended(run).await?;
        if number >= WARM_UP {
            durations.push(duration);
        }
    }
    Ok(Sample::new(durations))
}

async fn existing(world: &mut World, runs: u32) -> anyhow::Result<Sample> {
    let brand = database::brand(&mut world.db, 2).await?;
    let far = world.clock.now() + TimeDelta::days(1);
    let job = database::job(&mut world.db, &brand, 1, ("0 0 1 1 *", far)).await?;
    let mut durations = Vec::new();
    for number in 0..WARM_UP + runs {
        tokio::time::sleep(PAUSE).await;
        let asked = world.clock.now();
        let run = world.post_job_run(job).await?;
        let duration = since(asked, world.starts.started(run).await?);
        world.starts.ended(run).await?;
        if number >= WARM_UP {
            durations.push(duration);
        }
    }
    Ok(Sample::new(durations))
}

/// The handler's process and ours share one clock.
pub(crate) fn since(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}
