//! 200 files of 5 MiB from nginx into S3: by the function, by rclone, and by curl to files.
//!
//! The function resolves every file through the Graph API, hashes it, and records it in the database besides;
//! its time runs from the HTTP request to the settled run. rclone's and curl's run from start to exit of the process.
//! rclone is measured twice: as it copies, and as it copies through its `hasher`, which takes the SHA-256 of every
//! file and keeps it, as the function does.

use std::{fs, path::Path, time::Duration};

use serde_json::json;
use sundial_local::{clock::Clock, stack::BUCKET};

use crate::{
    database,
    files::{self, IMAGE_BYTES, IMAGES},
    machine::{Patience, load, peak_memory},
    peers::{self, Rclone},
    report::{median, say},
    video::{mebibytes, rate},
    world::{JOB, World},
};

/// Ads of one repetition; the graph's file numbers have room for them.
const ADS: u64 = 100_000;

/// What one copy moves.
const BYTES: u64 = IMAGE_BYTES * IMAGES as u64;

/// Alternates between the function and its peers, and prints medians.
pub(crate) async fn measure(
    data: &Path,
    patience: Patience,
    repetitions: u32,
) -> anyhow::Result<()> {
    files::write_pictures(data, IMAGES, IMAGE_BYTES)?;
    let mut world = World::start(data, "copies", Clock::system()).await?;
    let has_rclone = peers::is_installed("rclone").await;
    let has_curl = peers::is_installed("curl").await;
    patience
        .wait("copies: 200 files of 5 MiB from nginx into S3, 8 at a time")
        .await?;
    let (mut ours, mut curl) = (Vec::new(), Vec::new());
    let mut peers = [Rclone::Plain, Rclone::Hashing].map(Peer::new);
    for repetition in 0..repetitions {
        let mb = function(&mut world, data, repetition).await?;
        ours.push(mb);
        for peer in peers.iter_mut().filter(|_| has_rclone) {
            let theirs = copy_with_rclone(&world, data, peer.kind).await?;
            peer.ratios.push(mb / theirs);
            peer.rates.push(theirs);
        }
        if has_curl {
            curl.push(copy_with_curl(&world, data).await?);
        }
        say([format!(
            "repetition {}: ours {mb:.0} MB/s, load {}",
            repetition + 1,
            load()?
        )])?;
    }
    let peaks = world
        .stack
        .host()
        .processes(JOB)
        .into_iter()
        .filter_map(peak_memory);
    let [plain, hashing] = &peers;
    say([
        format!("{:<34} {:>28}", "MB/s", "median (lowest to highest)"),
        row("asset_download", &ours),
        row("rclone copy", &plain.rates),
        row("rclone copy, recording SHA-256", &hashing.rates),
        row("floor: curl to files, no S3", &curl),
        ratio("ours / rclone", plain),
        ratio("ours / rclone recording SHA-256", hashing),
        format!(
            "{:<34} {:>7.1} MiB",
            "peak memory of asset_download",
            mebibytes(peaks.max().unwrap_or_default())
        ),
    ])?;
    world.stop().await
}

async fn function(world: &mut World, data: &Path, repetition: u32) -> anyhow::Result<f64> {
    let number = u64::from(repetition) + 1;
    let brand = database::brand(&mut world.db, number).await?;
    let ads = (0..u64::from(IMAGES)).map(|file| number * ADS + file);
    let yesterday = (world.clock.now() - chrono::TimeDelta::days(1)).date_naive();
    database::ads(&mut world.db, &brand, ads, false, yesterday).await?;
    let asked = world.clock.now();
    let run = world
        .post_run(brand.id, &json!({"max_images": IMAGES, "max_videos": 0}))
        .await?;
    let ended = database::completed(&mut world.db, run).await?;
    let took = crate::run_now::since(asked, ended.completed_at);
    let stored = database::stored(&mut world.db, &brand).await?;
    anyhow::ensure!(
        stored == (u64::from(IMAGES), BYTES),
        "stored {stored:?} media and bytes: {:?}",
        ended.metadata.0
    );
    empty_bucket(world, data, "copies")?;
    Ok(rate(BYTES, took.as_secs_f64()))
}

/// A public tool's figures.
struct Peer {
    kind: Rclone,
    rates: Vec<f64>,
    /// Ours to theirs, pair by pair.
    ratios: Vec<f64>,
}

impl Peer {
    fn new(kind: Rclone) -> Self {
        Self {
            kind,
            rates: Vec::new(),
            ratios: Vec::new(),
        }
    }
}

async fn copy_with_rclone(world: &World, data: &Path, kind: Rclone) -> anyhow::Result<f64> {
    let s3 = world.stack.objects.url();
    let took = peers::rclone(kind, (&world.nginx.origin(), data), &s3, BUCKET).await?;
    empty_bucket(world, data, "copies")?;
    Ok(rate(BYTES, took.as_secs_f64()))
}

async fn copy_with_curl(world: &World, data: &Path) -> anyhow::Result<f64> {
    let folder = data.join("curl");
    let took: Duration = peers::curl(&world.nginx.origin(), &folder).await?;
    fs::remove_dir_all(&folder)?;
    Ok(rate(BYTES, took.as_secs_f64()))
}

/// Removes the objects as files: every copy starts with an empty bucket and without their pages to write back.
fn empty_bucket(world: &World, data: &Path, name: &str) -> anyhow::Result<()> {
    let folder = data.join(name).join("s3");
    fs::remove_dir_all(folder.join(BUCKET))?;
    world.stack.objects.create_bucket(BUCKET)
}

fn ratio(what: &str, peer: &Peer) -> String {
    format!("{what:<34} {:>7.2}", median(&peer.ratios).0)
}

fn row(what: &str, figures: &[f64]) -> String {
    let (middle, low, high) = median(figures);
    if figures.is_empty() {
        return format!("{what:<34} not installed");
    }
    format!("{what:<34} {middle:>7.0} ({low:.0} to {high:.0})")
}
