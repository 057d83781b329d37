//! Both tables, as people read them.

use std::time::Duration;

use shared::domain::price::Architecture;

use super::{
    Kinds, PICTURES,
    billed::{Measured, Million},
    month::{self, JOBS, OWN_LINES, RUNS, SWEEPS, Usage},
    place::{DISTANCES, Place},
    prices::Free,
};
use crate::{report::say, world::JOB};

/// Terraform's default.
const ARCHITECTURE: Architecture = Architecture::X86_64;
/// Secrets that a start of the job decrypts: `DATABASE_URL` and `META_ACCESS_TOKEN`.
const SECRETS: f64 = 2.0;

/// What each kind took, and what a million of it costs.
pub(super) fn kinds(kinds: &Kinds, place: &Place) -> anyhow::Result<()> {
    let distances = DISTANCES.map(|(what, far)| format!("{what} {} ms", far.as_millis()));
    say([
        format!("Assumed round trips: {}.", distances.join(", ")),
        "Billed: waiting as measured, CPU time at the memory's share of a vCPU (MB/1769)."
            .to_owned(),
        String::new(),
        format!(
            "{:<34} {:>6} {:>8} {:>7} {:>9} | {:>9} {:>8} {:>7} {:>7} {:>8} {:>9}",
            "a million of these, US dollars",
            "MB",
            "wall ms",
            "CPU ms",
            "billed ms",
            "compute",
            "requests",
            "events",
            "logs",
            "S3 PUTs",
            "total"
        ),
    ])?;
    let typical = format!("run with {PICTURES} pictures");
    let mut rows = vec![
        ("run with nothing to do".to_owned(), JOB, kinds.idle),
        (typical, JOB, kinds.typical),
        (
            "run now, the dispatcher's part".to_owned(),
            "dispatcher",
            kinds.run_now,
        ),
        (format!("sweep over {JOBS} jobs"), "reconciler", kinds.sweep),
        (
            "sweep, every tenth minute".to_owned(),
            "reconciler",
            kinds.thorough_sweep,
        ),
    ];
    let starts = kinds.starts.iter();
    rows.extend(starts.map(|(it, measured)| (format!("start of {it}"), *it, *measured)));
    for (what, function, measured) in rows {
        say([row(&what, place.memory_mb(function)?, &measured)])?;
    }
    Ok(())
}

fn row(what: &str, memory_mb: u32, measured: &Measured) -> String {
    let millis = |it: Duration| it.as_secs_f64() * 1_000.0;
    let billed = measured.billed_seconds(memory_mb) * 1_000.0;
    let cost = Million::of(measured, memory_mb, ARCHITECTURE);
    format!(
        "{what:<34} {memory_mb:>6} {:>8.1} {:>7.1} {billed:>9.0} | {:>9.3} {:>8.2} {:>7.2} {:>7.3} {:>8.2} {:>9.2}",
        millis(measured.wall),
        millis(measured.cpu),
        cost.compute,
        cost.requests,
        cost.events,
        cost.logs,
        cost.puts,
        cost.total()
    )
}

/// What a month costs, without and with what is free, beside the container.
pub(super) fn month(kinds: &Kinds, place: &Place) -> anyhow::Result<()> {
    let idle = usage(kinds, &kinds.idle, place)?;
    let typical = usage(kinds, &kinds.typical, place)?;
    say([
        String::new(),
        format!(
            "A month of {JOBS} jobs that run once a day: {RUNS} runs, each started cold, and {SWEEPS} sweeps, warm."
        ),
        format!(
            "{:<34} {:>16} {:>9}   {:>16} {:>9}",
            "US dollars a month", "nothing to do", "free tier", "50 pictures each", "free tier"
        ),
    ])?;
    let columns = [
        (&idle, Free::NOTHING),
        (&idle, Free::ALWAYS),
        (&typical, Free::NOTHING),
        (&typical, Free::ALWAYS),
    ];
    let columns = columns.map(|(usage, free)| {
        (
            month::lines(usage, ARCHITECTURE, free),
            month::scheduler(usage, free),
        )
    });
    let sums =
        |count: usize| columns.map(|(lines, _)| lines.iter().take(count).map(|it| it.1).sum());
    let [(first, _), ..] = columns;
    for (number, (what, _)) in first.iter().enumerate() {
        let dollars = columns.map(|(lines, _)| lines.get(number).map_or(0.0, |it| it.1));
        if number == OWN_LINES {
            say([line("in place of a container", sums(OWN_LINES))])?;
        }
        say([line(what, dollars)])?;
    }
    say([
        line("total", sums(first.len())),
        line(
            "more with Scheduler for rules",
            columns.map(|(_, scheduler)| scheduler),
        ),
        format!(
            "GB-seconds: {:.0} and {:.0}; metrics: {:.0}",
            idle.gb_seconds, typical.gb_seconds, idle.metrics
        ),
        String::new(),
    ])?;
    let container = month::container();
    for (what, dollars) in container {
        say([format!("{what:<34} {dollars:>16.2}")])?;
    }
    let total: f64 = container.iter().map(|it| it.1).sum();
    say([
        format!("{:<34} {total:>16.2}", "one container that is always on"),
        "Not counted on either side: database, NAT, alarms, traffic, what S3 and CloudWatch keep. Not counted for the \
         container: its image, a second one for when it fails, and what is below \"in place of a container\"."
            .to_owned(),
    ])?;
    Ok(())
}

fn line(what: &str, [first, free, second, free_second]: [f64; 4]) -> String {
    format!("{what:<34} {first:>16.2} {free:>9.2}   {second:>16.2} {free_second:>9.2}")
}

fn usage(kinds: &Kinds, run: &Measured, place: &Place) -> anyhow::Result<Usage> {
    let (job_mb, sweep_mb) = (place.memory_mb(JOB)?, place.memory_mb("reconciler")?);
    let [(_, start), ..] = kinds.starts;
    let (runs, sweeps) = (f64::from(RUNS), f64::from(SWEEPS));
    let sweep = |of: fn(&Measured, u32) -> f64| {
        0.9 * of(&kinds.sweep, sweep_mb) + 0.1 * of(&kinds.thorough_sweep, sweep_mb)
    };
    let run_and_start = |of: fn(&Measured, u32) -> f64| of(run, job_mb) + of(&start, job_mb);
    let sum = |of: fn(&Measured, u32) -> f64| runs * run_and_start(of) + sweeps * sweep(of);
    Ok(Usage {
        requests: runs + sweeps,
        gb_seconds: sum(Measured::gb_seconds),
        fires: runs,
        events: sum(|it, _| it.events),
        log_bytes: sum(|it, _| it.all_log_bytes()),
        metrics: f64::from(u32::try_from(place.metrics()?)?),
        decryptions: runs * SECRETS,
        puts: sum(|it, _| it.puts),
    })
}
