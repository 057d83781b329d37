//! Whether everything was as promised, and the page that says so.

use super::{
    table::{self, Row},
    verify::Findings,
};

/// The most a scheduled start may be late, for the demo to have kept its promise. AWS promises a
/// minute; this machine does a few milliseconds when it is idle.
const LATE_MAX_MS: i64 = 2_000;

/// The rule the reconciler made, as EventBridge tells of it.
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) expression: String,
    pub(super) state: String,
}

/// Prints what came of it, and tells whether it was as promised.
pub(super) fn conclude(rule: &Rule, rows: &[Row<'_>], findings: &Findings) -> anyhow::Result<bool> {
    let mut problems = findings.problems.clone();
    problems.extend(run_problems(rows));
    if findings.stored.is_empty() {
        problems.push("nothing was stored".to_owned());
    }
    let Rule {
        name,
        expression,
        state,
    } = rule;
    let rule = format!("rule       {name}\n           {expression}  {state}\n");
    let tables = [rule, table::runs(rows), table::objects(&findings.stored)];
    show(&tables, &problems)?;
    Ok(problems.is_empty())
}

fn run_problems(rows: &[Row<'_>]) -> Vec<String> {
    let mut problems = Vec::new();
    for row in rows {
        if row.run.status != "completed" {
            let error = row.run.error_message.as_deref().unwrap_or("no error told");
            problems.push(format!(
                "the run {} is {}: {error}",
                row.how, row.run.status
            ));
        }
        let late = row.lateness_ms().unwrap_or(i64::MAX);
        if !(0..=LATE_MAX_MS).contains(&late) {
            problems.push(format!(
                "the run {} started {late} ms after its time",
                row.how
            ));
        }
        if !row.run.counts().iter().any(|(_, count)| *count > 0) {
            problems.push(format!("the run {} has counted nothing", row.how));
        }
    }
    problems
}

fn show(tables: &[String], problems: &[String]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    for table in tables {
        writeln!(out, "{table}")?;
    }
    for problem in problems {
        writeln!(out, "NOT AS PROMISED: {problem}")?;
    }
    if problems.is_empty() {
        writeln!(out, "Everything is as promised.")?;
    }
    out.flush()
}
