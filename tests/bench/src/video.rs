//! The memory of the function while it copies a video of 1 GiB.

use std::path::Path;

use serde_json::json;
use sundial_local::clock::Clock;

use crate::{
    database,
    files::{self, VIDEO_BYTES},
    graph::VIDEO_ADS,
    machine::{Patience, peak_memory},
    report::say,
    world::{JOB, World},
};

/// What the function may use.
const MEMORY_MAX: u64 = 128 << 20;

/// Copies the video once with fresh processes and prints their peak memory.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    files::write_video(data)?;
    let mut world = World::start(data, "video", Clock::system()).await?;
    patience.wait("memory: a video of 1 GiB").await?;
    let brand = database::brand(&mut world.db, 1).await?;
    let yesterday = (world.clock.now() - chrono::TimeDelta::days(1)).date_naive();
    database::ads(
        &mut world.db,
        &brand,
        [VIDEO_ADS].into_iter(),
        true,
        yesterday,
    )
    .await?;
    let run = world.post_run(brand.id, &json!({})).await?;
    let ended = database::completed(&mut world.db, run).await?;
    let stored = database::stored(&mut world.db, &brand).await?;
    anyhow::ensure!(
        stored == (1, VIDEO_BYTES),
        "stored {stored:?} media and bytes, wanted 1 and {VIDEO_BYTES}"
    );

    let peaks = world
        .stack
        .host()
        .processes(JOB)
        .into_iter()
        .filter_map(peak_memory);
    let peak = peaks.max().unwrap_or_default();
    let seconds = crate::run_now::since(ended.started_at, ended.completed_at).as_secs_f64();
    let verdict = if peak < MEMORY_MAX {
        "below"
    } else {
        "NOT below"
    };
    say([
        format!(
            "peak resident memory (VmHWM)  {:.1} MiB, {verdict} 128 MiB",
            mebibytes(peak)
        ),
        format!(
            "throughput                    {:.0} MB/s, {seconds:.2} s",
            rate(VIDEO_BYTES, seconds)
        ),
    ])?;
    world.stop().await
}

/// As memory is counted.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    rate(bytes, 1.0) * 1e6 / 1_048_576.0
}

/// Megabytes of 10^6 bytes a second.
pub(crate) fn rate(bytes: u64, seconds: f64) -> f64 {
    // Exact up to 4 GiB, which is more than anything copied here.
    let bytes = u32::try_from(bytes).map_or(f64::from(u32::MAX), f64::from);
    bytes / 1e6 / seconds
}
