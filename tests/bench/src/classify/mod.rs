//! Ads through `ad_classification`, by the function's own binary, with a stand-in for Gemini.
//!
//! How much longer than the stand-in's latency allows a group of ads takes, how much memory large videos take, and
//! whether ten thousand ads, in runs of many invocations, are each paid once.

mod place;

use std::path::Path;

use chrono::TimeDelta;
use serde_json::json;
use sundial_local::clock::Clock;
use tokio::time::{Duration, Instant};

use crate::{
    function::Function,
    machine::{Patience, load},
    report::say,
    video::mebibytes,
};
use place::{AT_ONCE, JOB, Kind, Place};

/// As the function's own, in `infra/aws/functions.tf.json`.
const TIMEOUT: TimeDelta = TimeDelta::minutes(15);
/// Ads whose time is measured.
const ADS: u32 = 60;
/// What the stand-in takes for an answer.
const LATENCY: Duration = Duration::from_secs(1);
/// More than so many times the least is too slow.
const TIMES_MAX: f64 = 1.15;
/// Large videos.
const VIDEOS: u32 = 6;
/// Of 100 MB each.
const VIDEO_BYTES: u64 = 100_000_000;
/// What the function may use.
const MEMORY_MAX: u64 = 192 << 20;
/// Ads of the large account.
const MANY: u32 = 10_000;
/// What an invocation of it may take.
const SHORT: TimeDelta = TimeDelta::seconds(3);
/// More invocations than this are none that come forward.
const INVOCATIONS_MAX: u32 = 1_000;

/// What one run took.
struct Ran {
    seconds: f64,
    invocations: u32,
    new: u64,
    peak: u64,
    cpu: f64,
}

/// Measures all three.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    let place = Place::start(data).await?;
    patience
        .wait("classify: ads by a stand-in for Gemini")
        .await?;
    speed(&place).await?;
    memory(&place).await?;
    many(&place).await?;
    say([format!("load {}", load()?)])?;
    place.stop().await
}

async fn speed(place: &Place) -> anyhow::Result<()> {
    place.begin_afresh(ADS, Kind::Picture).await?;
    place.gemini.set_latency(LATENCY);
    let ran = run(place, TIMEOUT).await?;
    place.gemini.set_latency(Duration::ZERO);
    let least = LATENCY.as_secs_f64() * f64::from(ADS.div_ceil(AT_ONCE));
    let times = ran.seconds / least;
    let verdict = if times > TIMES_MAX { "  TOO SLOW" } else { "" };
    let asked = place.gemini.seen().len();
    let again = run(place, TIMEOUT).await?;
    let asked_again = place.gemini.seen().len() - asked;
    say([
        format!(
            "{ADS} ads, {AT_ONCE} at once, {} s an answer: {:.2} s, {times:.3} times the least{verdict}; {:.2} s of CPU",
            LATENCY.as_secs(),
            ran.seconds,
            ran.cpu
        ),
        format!(
            "the same again: {asked_again} questions, {:.2} s",
            again.seconds
        ),
    ])?;
    anyhow::ensure!(ran.new == u64::from(ADS), "{} ads are new", ran.new);
    Ok(())
}

async fn memory(place: &Place) -> anyhow::Result<()> {
    place.begin_afresh(VIDEOS, Kind::Video(VIDEO_BYTES)).await?;
    let ran = run(place, TIMEOUT).await?;
    let verdict = if ran.peak > MEMORY_MAX {
        "  TOO MUCH"
    } else {
        ""
    };
    say([format!(
        "{VIDEOS} videos of 100 MB: peak memory {:.1} MiB{verdict}, {:.2} s",
        mebibytes(ran.peak),
        ran.seconds
    )])?;
    anyhow::ensure!(ran.new == u64::from(VIDEOS), "{} ads are new", ran.new);
    Ok(())
}

async fn many(place: &Place) -> anyhow::Result<()> {
    place.begin_afresh(MANY, Kind::Picture).await?;
    let before = place.gemini.seen().len();
    let (began, mut new, mut invocations, mut runs) = (Instant::now(), 0, 0, 0);
    while new < u64::from(MANY) {
        let ran = run(place, SHORT).await?;
        anyhow::ensure!(ran.new > 0, "a run brings nothing, with {new} ads done");
        new += ran.new;
        invocations += ran.invocations;
        runs += 1;
    }
    let asked = place.gemini.seen().len() - before;
    let paid = place.paid().await?;
    say([format!(
        "{MANY} ads: {runs} runs, {invocations} invocations of {} s at most, {asked} questions, {paid} paid, {:.1} s",
        SHORT.num_seconds(),
        began.elapsed().as_secs_f64()
    )])?;
    anyhow::ensure!(
        asked == usize::try_from(MANY)?,
        "an ad was asked about twice"
    );
    Ok(())
}

/// A run of the job by a fresh process, in as many invocations as it takes.
async fn run(place: &Place, timeout: TimeDelta) -> anyhow::Result<Ran> {
    let run = place.order().await?;
    let mut function = Function::start(JOB, place.launch(), timeout).await?;
    let began = Instant::now();
    for invocations in 1..=INVOCATIONS_MAX {
        let event = json!({"kind": "run", "run_id": run});
        function.invoke(&event).await?;
        let row = place.row(run).await?;
        if row.status == "completed" {
            let seconds = began.elapsed().as_secs_f64();
            let (peak, cpu) = function.stop().await?;
            return Ok(Ran {
                seconds,
                invocations,
                new: row.new_count.unwrap_or_default().unsigned_abs(),
                peak,
                cpu,
            });
        }
        let error = row.error_message.unwrap_or_default();
        anyhow::ensure!(
            row.status == "pending",
            "the run is {}: {error}",
            row.status
        );
        let pause = (row.run_after - Clock::system().now()).to_std();
        tokio::time::sleep(pause.unwrap_or_default()).await;
    }
    anyhow::bail!("the run does not end")
}
