//! The demo's last page: rule, runs, objects, promises.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{ledger::Run, verify::Stored};

/// How many objects are listed one by one.
const OBJECTS_SHOWN: usize = 40;

/// A run and what made it.
pub(super) struct Row<'a> {
    /// What made it, for people.
    pub(super) how: &'static str,
    /// When it should have started.
    pub(super) due: DateTime<Utc>,
    /// The run.
    pub(super) run: &'a Run,
}

impl Row<'_> {
    /// How long after `due` the handler's run started.
    pub(super) fn lateness_ms(&self) -> Option<i64> {
        Some((self.run.started_at? - self.due).num_milliseconds())
    }
}

/// The runs, each with its counts below it.
pub(super) fn runs(rows: &[Row<'_>]) -> String {
    let mut text = format!(
        "{:<10} {:<38} {:<13} {:>9} {:>9}  {}\n",
        "run", "id", "due (UTC)", "late", "took", "verdict"
    );
    for row in rows {
        let run = row.run;
        let took = match (run.started_at, run.completed_at) {
            (Some(from), Some(to)) => format!("{} ms", (to - from).num_milliseconds()),
            _ => "-".to_owned(),
        };
        let late = row
            .lateness_ms()
            .map_or_else(|| "-".to_owned(), |late| format!("{late} ms"));
        let due = row.due.format("%H:%M:%S%.3f").to_string();
        line(
            &mut text,
            format_args!(
                "{:<10} {:<38} {due:<13} {late:>9} {took:>9}  {} (attempt {})",
                row.how, run.id, run.status, run.attempt_number
            ),
        );
        let counts: Vec<String> = run
            .counts()
            .iter()
            .filter(|(_, count)| *count != 0)
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        line(&mut text, format_args!("{:<10} {}", "", counts.join(", ")));
        for warning in &run.warnings {
            line(&mut text, format_args!("{:<10} warning: {warning}", ""));
        }
        if let Some(error) = &run.error_message {
            line(&mut text, format_args!("{:<10} error: {error}", ""));
        }
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
