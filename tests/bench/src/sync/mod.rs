//! 50,000 rows of numbers from a stand-in for Meta into PostgreSQL: by `meta_sync`, by the least that could do it,
//! and by dlt.
//!
//! Ten days of 5,000 ads, 500 rows a page, with the 27 fields of the sync. The sync's time runs from its event until
//! the step of the numbers is over: claim, questions about the account and plan are in it, the later steps (campaigns,
//! ads, creatives) are told apart. The stand-in makes every page anew, and all share the machine with it.

mod large;
mod pages;
mod peers;
mod performed;
mod place;

use std::{path::Path, time::Duration};

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::{
    function::Function,
    machine::{Patience, load},
    report::{median, say},
    video::mebibytes,
};
pub(crate) use large::measure as measure_large;
use peers::Took;
use performed::performed;
use place::{JOB, Place};

/// Days of the account.
const DAYS: u32 = 10;
/// As the function's own, in `infra/aws/functions.tf.json`.
const TIMEOUT: TimeDelta = TimeDelta::minutes(15);
/// The longest a sync may take here.
const WAIT: Duration = Duration::from_secs(300);
/// Less than this part of the floor is too slow.
const PART_MIN: f64 = 0.8;
/// Less than this many times dlt is too slow.
const TIMES_MIN: f64 = 3.0;
/// What the function may use.
const MEMORY_MAX: u64 = 96 << 20;

/// Everything that was measured, in the same order everywhere.
#[derive(Debug, Default)]
struct Figures {
    ours: Vec<Rate>,
    floor: Vec<Rate>,
    pages: Vec<Rate>,
    dlt: Vec<Rate>,
    /// Of the run's time, how much is the numbers'.
    shares: Vec<f64>,
    peak: u64,
}

/// One repetition of one of them.
#[derive(Debug, Clone, Copy)]
struct Rate {
    rows_per_second: f64,
    cpu: f64,
}

impl Rate {
    fn of(rows: u32, took: Took) -> Self {
        Self {
            rows_per_second: f64::from(rows) / took.seconds,
            cpu: took.cpu,
        }
    }
}

/// One sync by the function.
struct Synced {
    rate: Rate,
    share: f64,
    peak: u64,
    told: String,
}

/// Alternates between all of them, and prints medians.
pub(crate) async fn measure(
    data: &Path,
    patience: Patience,
    repetitions: u32,
) -> anyhow::Result<()> {
    let place = Place::start(data, "sync").await?;
    let python = peers::dlt();
    patience
        .wait("sync: 50,000 rows of numbers into PostgreSQL, 500 a page")
        .await?;
    let mut figures = Figures::default();
    for repetition in 1..=repetitions {
        let job = place.begin_afresh(DAYS).await?;
        let pages = Rate::of(job.rows(), peers::pages(&place, &job).await?);
        let floor = Rate::of(job.rows(), peers::floor(&place, &job).await?);
        let synced = sync(&place).await?;
        figures.pages.push(pages);
        figures.floor.push(floor);
        figures.ours.push(synced.rate);
        figures.shares.push(synced.share);
        figures.peak = figures.peak.max(synced.peak);
        let mut theirs = "not installed".to_owned();
        if let Some(python) = &python {
            let job = place.begin_afresh(DAYS).await?;
            let took = peers::pipeline(python, &place, &job, &data.join("dlt")).await?;
            let rate = Rate::of(job.rows(), took);
            theirs = format!("{:.0}", rate.rows_per_second);
            figures.dlt.push(rate);
        }
        say([format!(
            "repetition {repetition}: ours {:.0}, floor {:.0}, pages {:.0}, dlt {theirs}; {}; load {}",
            synced.rate.rows_per_second,
            floor.rows_per_second,
            pages.rows_per_second,
            synced.told,
            load()?
        )])?;
    }
    say(figures.lines())?;
    place.stop().await
}

/// The run of a fresh process.
async fn sync(place: &Place) -> anyhow::Result<Synced> {
    let job = place.begin_afresh(DAYS).await?;
    let mut function = Function::start(JOB, place.launch(), TIMEOUT).await?;
    let watching = tokio::spawn(performed(place.pool.clone(), job.clone(), WAIT));
    let began = Instant::now();
    function.invoke(&job.tick()).await?;
    let whole = began.elapsed().as_secs_f64();
    let (peak, cpu) = function.stop().await?;
    let run = job.run(&place.pool).await?;
    let error = run.error_message.unwrap_or_default();
    anyhow::ensure!(
        run.status == "completed",
        "the run is {}: {error}",
        run.status
    );
    let rows = place.count("meta_ads_performance").await?;
    anyhow::ensure!(
        rows == job.rows(),
        "{rows} rows are stored, wanted {}",
        job.rows()
    );
    let performed = watching.await??;
    let seconds = (performed.ended - began).as_secs_f64();
    let step = performed.took.as_secs_f64();
    Ok(Synced {
        rate: Rate::of(rows, Took { seconds, cpu }),
        share: step / whole,
        peak,
        told: format!(
            "numbers there after {seconds:.2} s, {step:.2} s of it their step, the run over after {whole:.2} s"
        ),
    })
}

impl Figures {
    fn lines(&self) -> Vec<String> {
        let floor = parts(&self.ours, &self.floor);
        let dlt = parts(&self.ours, &self.dlt);
        let verdict = if self.peak < MEMORY_MAX {
            "below"
        } else {
            "NOT below"
        };
        vec![
            format!(
                "{:<38} {:>28} {:>8}",
                "rows a second", "median (lowest to highest)", "CPU s"
            ),
            row("meta_sync, whole run's CPU", &self.ours),
            row("floor: the pages copied into a table", &self.floor),
            row("the pages thrown away", &self.pages),
            row("dlt, lists as JSON columns", &self.dlt),
            ratio("ours / floor", &floor, PART_MIN),
            ratio("ours / dlt", &dlt, TIMES_MIN),
            format!(
                "{:<38} {:>7.2}",
                "numbers' part of the run's time",
                median(&self.shares).0
            ),
            format!(
                "{:<38} {:>7.1} MiB, {verdict} 96 MiB",
                "peak memory of meta_sync",
                mebibytes(self.peak)
            ),
        ]
    }
}

/// Ours to theirs, pair by pair.
fn parts(ours: &[Rate], theirs: &[Rate]) -> Vec<f64> {
    let pairs = ours.iter().zip(theirs);
    pairs
        .map(|(ours, theirs)| ours.rows_per_second / theirs.rows_per_second)
        .collect()
}

fn ratio(what: &str, parts: &[f64], least: f64) -> String {
    let (middle, low, high) = median(parts);
    if parts.is_empty() {
        return format!("{what:<38} not measured");
    }
    let verdict = if middle < least { "  TOO SLOW" } else { "" };
    format!("{what:<38} {middle:>7.2} ({low:.2} to {high:.2}){verdict}")
}

fn row(what: &str, rates: &[Rate]) -> String {
    if rates.is_empty() {
        return format!("{what:<38} not installed");
    }
    let (rows, cpu): (Vec<f64>, Vec<f64>) = rates
        .iter()
        .map(|rate| (rate.rows_per_second, rate.cpu))
        .unzip();
    let (middle, low, high) = median(&rows);
    let range = format!("{middle:.0} ({low:.0} to {high:.0})");
    format!("{what:<38} {range:>28} {:>8.2}", median(&cpu).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(rows: &[f64]) -> Vec<Rate> {
        let rate = |rows: &f64| Rate {
            rows_per_second: *rows,
            cpu: 1.0,
        };
        rows.iter().map(rate).collect()
    }

    #[test]
    fn ratios_are_of_pairs_and_what_is_too_slow_is_said() {
        let figures = Figures {
            ours: rates(&[80.0, 90.0, 70.0]),
            floor: rates(&[100.0, 100.0, 100.0]),
            peak: 97 << 20,
            ..Figures::default()
        };

        let text = figures.lines().join("\n");

        assert!(text.contains("0.80 (0.70 to 0.90)\n"), "{text}");
        assert!(text.contains("80 (70 to 90)"), "{text}");
        assert!(
            text.contains("ours / dlt                             not measured"),
            "{text}"
        );
        assert!(text.contains("NOT below 96 MiB"), "{text}");
        assert!(ratio("it", &[0.79], PART_MIN).ends_with("TOO SLOW"));
    }
}
