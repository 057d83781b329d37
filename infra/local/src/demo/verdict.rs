//! Whether everything was as promised, and the page that says so.

use super::{
    chain::Chain,
    ledger::Run,
    media::Stored,
    numbers::Numbers,
    table::{self, Row},
};

/// The most a start may be late, for the demo to have kept its promise. AWS promises a minute; this machine does a
/// few milliseconds when it is idle.
const LATE_MAX_MS: i64 = 2_000;

/// How many problems of one promise are told one by one.
const PROBLEMS_SHOWN: usize = 10;

/// The rule the reconciler made, as EventBridge tells of it.
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) expression: String,
    pub(super) state: String,
}

/// Something that was promised, and what speaks against its having been kept.
#[derive(Debug)]
pub(super) struct Promise {
    pub(super) text: String,
    pub(super) problems: Vec<String>,
}

/// What came of the demo.
pub(super) struct Outcome<'a> {
    pub(super) chains: &'a [Chain; 2],
    pub(super) stored: Vec<Stored>,
    pub(super) numbers: Numbers,
    pub(super) promises: Vec<Promise>,
}

/// Prints what came of it, and tells whether it was as promised.
pub(super) fn conclude(rule: &Rule, outcome: &Outcome<'_>) -> anyhow::Result<bool> {
    let Rule {
        name,
        expression,
        state,
    } = rule;
    let tables = [
        format!("rule       {name}\n           {expression}  {state}\n"),
        table::runs(&Row::of(outcome.chains)),
        table::numbers(&outcome.numbers),
        table::objects(&outcome.stored),
    ];
    show(&tables, &outcome.promises)?;
    Ok(is_kept(&outcome.promises))
}

fn is_kept(promises: &[Promise]) -> bool {
    promises.iter().all(|promise| promise.problems.is_empty())
}

/// That all runs were there, on time, and successful.
pub(super) fn of_runs(chains: &[Chain]) -> Vec<Promise> {
    let rows = Row::of(chains);
    let (mut late, mut failed) = (Vec::new(), Vec::new());
    for row in &rows {
        let Some(run) = row.run else {
            failed.push(format!("no {} followed the {} sync", row.job, row.how));
            continue;
        };
        failed.extend(failure(row, run));
        let ms = row.lateness_ms().unwrap_or(i64::MAX);
        if !(0..=LATE_MAX_MS).contains(&ms) {
            late.push(format!("{} started {ms} ms after its time", row.name()));
        }
    }
    let on_time = format!(
        "each run started within {} s of its time, of the request, or of the run before it",
        LATE_MAX_MS / 1000
    );
    let completed =
        "both syncs have completed without a warning, and the download after each has completed"
            .to_owned();
    vec![
        Promise {
            text: on_time,
            problems: late,
        },
        Promise {
            text: completed,
            problems: failed,
        },
    ]
}

fn failure(row: &Row<'_>, run: &Run) -> Option<String> {
    if run.status != "completed" {
        let error = run.error_message.as_deref().unwrap_or("no error told");
        return Some(format!("{} is {}: {error}", row.name(), run.status));
    }
    // The stand-in gives a sync no cause for one; a dataset that was not refreshed is told by one.
    if let Some(warning) = run.warnings.first().filter(|_| row.job == "meta_sync") {
        return Some(format!("{} warns: {warning}", row.name()));
    }
    let has_counted = row.job != "meta_sync" || run.count("ads_synced") > 0;
    (!has_counted).then(|| format!("{} has found no ads", row.name()))
}

fn show(tables: &[String], promises: &[Promise]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    for table in tables {
        writeln!(out, "{table}")?;
    }
    for Promise { text, problems } in promises {
        if problems.is_empty() {
            writeln!(out, "kept       {text}")?;
            continue;
        }
        writeln!(out, "NOT KEPT   {text}")?;
        for problem in problems.iter().take(PROBLEMS_SHOWN) {
            writeln!(out, "           {problem}")?;
        }
        if let Some(more) = problems.len().checked_sub(PROBLEMS_SHOWN + 1) {
            writeln!(out, "           and {} more", more + 1)?;
        }
    }
    writeln!(
        out,
        "\nMeta was a stand-in on this machine: its ads and numbers are made up, its files are real.\n\
         Some of its ads show media that nobody may have, which is what a download's warning is about.\n"
    )?;
    let verdict = if is_kept(promises) {
        "Everything is as promised."
    } else {
        "NOT everything is as promised."
    };
    writeln!(out, "{verdict}")?;
    out.flush()
}
