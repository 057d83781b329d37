//! The tables of the demo's last page: runs, numbers, objects.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{chain::Chain, ledger::Run, media::Stored, numbers::Numbers};

/// How many objects are listed one by one.
const OBJECTS_SHOWN: usize = 40;

/// How wide a line of counts may be.
const COUNTS_WIDTH: usize = 90;

/// What stands below the first column.
const INDENT: &str = "           ";

/// A run and what made it.
pub(super) struct Row<'a> {
    /// What made it, or the sync before it.
    pub(super) how: &'static str,
    /// The type of its job.
    pub(super) job: &'static str,
    /// When it should have started.
    due: DateTime<Utc>,
    /// The run; `None` when there is none.
    pub(super) run: Option<&'a Run>,
}

impl<'a> Row<'a> {
    /// Every run of these chains, in the order of time.
    pub(super) fn of(chains: &'a [Chain]) -> Vec<Self> {
        let rows = chains.iter().flat_map(|chain| {
            let sync = Row {
                how: chain.how,
                job: "meta_sync",
                due: chain.due,
                run: Some(&chain.sync),
            };
            let download = chain.download.as_ref();
            let download = Row {
                how: chain.how,
                job: "asset_download",
                due: download.map_or(chain.due, |run| run.scheduled_for),
                run: download,
            };
            [sync, download]
        });
        rows.collect()
    }

    /// The run, for people.
    pub(super) fn name(&self) -> String {
        let Self { how, job, .. } = self;
        match *job {
            "meta_sync" => format!("the {how} meta_sync"),
            _ => format!("the {job} after the {how} meta_sync"),
        }
    }

    /// How long after `due` the handler's run started.
    pub(super) fn lateness_ms(&self) -> Option<i64> {
        Some((self.run?.started_at? - self.due).num_milliseconds())
    }
}

/// The runs, each with its counts below it.
pub(super) fn runs(rows: &[Row<'_>]) -> String {
    let mut text = format!(
        "{:<10} {:<15} {:<13} {:>9} {:>9}  {}\n",
        "run", "job", "due (UTC)", "late", "took", "verdict"
    );
    for row in rows {
        let how = match row.job {
            "meta_sync" => row.how,
            _ => "  then",
        };
        let job = row.job;
        let Some(run) = row.run else {
            line(
                &mut text,
                format_args!("{how:<10} {job:<15} there is no such run"),
            );
            continue;
        };
        let due = row.due.format("%H:%M:%S%.3f").to_string();
        let late = ms(row.lateness_ms());
        let took = run.started_at.zip(run.completed_at);
        let took = ms(took.map(|(from, to)| (to - from).num_milliseconds()));
        line(
            &mut text,
            format_args!(
                "{how:<10} {job:<15} {due:<13} {late:>9} {took:>9}  {} (attempt {})",
                run.status, run.attempt_number
            ),
        );
        line(&mut text, format_args!("{INDENT}{}", run.id));
        details(&mut text, run);
    }
    text
}

fn ms(count: Option<i64>) -> String {
    count.map_or_else(|| "-".to_owned(), |count| format!("{count} ms"))
}

/// What a run has told.
fn details(text: &mut String, run: &Run) {
    let counts = run.counts();
    let mut counts = counts.iter().filter(|(_, count)| *count != 0).peekable();
    if counts.peek().is_none() && run.status == "completed" {
        line(text, format_args!("{INDENT}nothing to do"));
    }
    let mut told = String::new();
    while let Some((name, count)) = counts.next() {
        let comma = if counts.peek().is_some() { "," } else { "" };
        let part = format!("{name} {count}{comma} ");
        if told.len() + part.len() > COUNTS_WIDTH {
            line(text, format_args!("{INDENT}{}", told.trim_end()));
            told.clear();
        }
        told.push_str(&part);
    }
    if !told.is_empty() {
        line(text, format_args!("{INDENT}{}", told.trim_end()));
    }
    for warning in &run.warnings {
        line(text, format_args!("{INDENT}warning: {warning}"));
    }
    if let Some(error) = &run.error_message {
        line(text, format_args!("{INDENT}error: {error}"));
    }
}

/// Both sides of the numbers, below each other.
pub(super) fn numbers(numbers: &Numbers) -> String {
    let (first, last) = numbers.range;
    let spend = format!("spend ({})", numbers.currency);
    let mut text = format!(
        "{:<25} {:>7} {:>14} {:>12}  {first} to {last}\n",
        "numbers", "rows", spend, "impressions"
    );
    for (side, sum) in [
        ("stand-in for Meta", &numbers.served),
        ("meta_ads_performance", &numbers.stored),
    ] {
        line(
            &mut text,
            format_args!(
                "{side:<25} {:>7} {:>14} {:>12}",
                sum.rows, sum.spend, sum.impressions
            ),
        );
    }
    text
}

/// The objects, the larger ones first.
pub(super) fn objects(stored: &[Stored]) -> String {
    let mut sorted: Vec<&Stored> = stored.iter().collect();
    sorted.sort_by_key(|stored| std::cmp::Reverse(stored.bytes));
    let mut text = format!(
        "{:>12}  {:<16}  {:<18}  {}\n",
        "bytes", "sha-256", "origin", "object"
    );
    for stored in sorted.iter().take(OBJECTS_SHOWN) {
        let digest = hex::encode(stored.sha256);
        line(
            &mut text,
            format_args!(
                "{:>12}  {:<16}  {:<18}  {}",
                stored.bytes,
                digest.get(..16).unwrap_or(&digest),
                stored.origin.as_deref().unwrap_or("UNKNOWN"),
                stored.key
            ),
        );
    }
    let total: u64 = stored.iter().map(|stored| stored.bytes).sum();
    line(
        &mut text,
        format_args!("{total:>12}  in {} objects", stored.len()),
    );
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    writeln!(text, "{arguments}").ok();
}
