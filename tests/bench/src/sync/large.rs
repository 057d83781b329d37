//! 90 days of 5,000 ads, 450,000 rows, by invocations of a minute: whether they add up to one run, and whether a page
//! that is stored is ever fetched again.

use std::{path::Path, time::Duration};

use chrono::TimeDelta;
use serde_json::json;
use sundial_local::clock::Clock;
use tokio::time::Instant;

use super::{
    pages,
    performed::performed,
    place::{JOB, Job, Place},
};
use crate::{
    function::Function,
    machine::{Patience, load},
    report::say,
    video::mebibytes,
};

/// Days of the account.
const DAYS: u32 = 90;
/// What an invocation may take.
const TIMEOUT: TimeDelta = TimeDelta::seconds(60);
/// More invocations than this are none that come forward.
const INVOCATIONS_MAX: u32 = 100;
/// The longest all of them may take.
const WAIT: Duration = Duration::from_secs(3600);
/// The longest wait between two of them; a run that is put off for longer is not at work.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What all invocations came to.
#[derive(Default)]
struct Tally {
    invocations: u32,
    /// Pages fetched although they were stored.
    again: usize,
}

/// Delivers one run again and again until it is over, and prints what that took.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    let place = Place::start(data, "sync-large").await?;
    patience
        .wait("sync-large: 450,000 rows of numbers, 60 s an invocation")
        .await?;
    let job = place.begin_afresh(DAYS).await?;
    let mut function = Function::start(JOB, place.launch(), TIMEOUT).await?;
    let watching = tokio::spawn(performed(place.pool.clone(), job.clone(), WAIT));
    let began = Instant::now();
    let tally = deliver(&place, &job, &mut function).await?;
    let whole = began.elapsed().as_secs_f64();
    let (peak, cpu) = function.stop().await?;
    let rows = place.count("meta_ads_performance").await?;
    anyhow::ensure!(
        rows == job.rows(),
        "{rows} rows are stored, wanted {}",
        job.rows()
    );
    let run = job.run(&place.pool).await?;
    let performed = watching.await??;
    let (served, seconds) = (place.meta.served(), (performed.ended - began).as_secs_f64());
    let verdict = if tally.again == 0 {
        ""
    } else {
        "  FETCHED TWICE"
    };
    say([
        format!("{:<44} {rows}", "rows"),
        format!(
            "{:<44} {} ({} invocations)",
            "segments", run.segment, tally.invocations
        ),
        format!(
            "{:<44} {seconds:.1} s, {:.0} rows/s",
            "to the last row",
            f64::from(rows) / seconds
        ),
        format!(
            "{:<44} {whole:.1} s, {cpu:.1} s of CPU",
            "to the end of the run"
        ),
        format!("{:<44} {}", "pages served", served.len()),
        format!(
            "{:<44} {}",
            "of them served more than once",
            pages::repeats(&served)
        ),
        format!(
            "{:<44} {}{verdict}",
            "of them fetched after they were stored", tally.again
        ),
        format!(
            "{:<44} {:.1} MiB",
            "peak memory of meta_sync",
            mebibytes(peak)
        ),
        format!("load {}", load()?),
    ])?;
    place.stop().await
}

/// Invokes the function until the run has ended.
async fn deliver(place: &Place, job: &Job, function: &mut Function) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut event = job.tick();
    while tally.invocations < INVOCATIONS_MAX {
        let before = place.meta.served();
        let stored = pages::stored(&place.pool, &before).await?;
        let began = Instant::now();
        function.invoke(&event).await?;
        let took = began.elapsed().as_secs_f64();
        let after = place.meta.served();
        let later = after.get(before.len()..).unwrap_or_default();
        tally.invocations += 1;
        tally.again += pages::asked_again(&stored, later);
        let (run, step) = (job.run(&place.pool).await?, job.step(&place.pool).await?);
        say([format!(
            "invocation {}: {took:.1} s, {} pages, then {} at {}",
            tally.invocations,
            later.len(),
            run.status,
            step.unwrap_or_default()
        )])?;
        if run.status == "completed" {
            return Ok(tally);
        }
        let error = run.error_message.unwrap_or_default();
        anyhow::ensure!(
            run.status == "pending",
            "the run is {}: {error}",
            run.status
        );
        let pause = (run.run_after - Clock::system().now())
            .to_std()
            .unwrap_or_default();
        anyhow::ensure!(
            pause <= PAUSE_MAX,
            "the run is put off for {} s",
            pause.as_secs()
        );
        tokio::time::sleep(pause).await;
        event = json!({"kind": "run", "run_id": run.id});
    }
    anyhow::bail!("the run does not end")
}
