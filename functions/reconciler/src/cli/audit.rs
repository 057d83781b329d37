//! `schedules audit`: expected against observed fire times, as a figure to hold a service to.

use std::{fmt, io::Write};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use serde::Serialize;
use shared::{
    domain::{JobId, audit::Window},
    store::Database,
};

use super::{CliError, answer, preview::instant};
use crate::audit::{Audit, audit};

/// Looked at unless asked otherwise.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// Which fire times to audit.
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// The first instant of the window, as in 2026-03-01T00:00:00Z [default: a day before its end].
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub since: Option<DateTime<Utc>>,
    /// The first instant after the window, at most 31 days later [default: now].
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub until: Option<DateTime<Utc>>,
    /// Only the job with this id.
    #[arg(long, value_name = "ID")]
    pub job: Option<JobId>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// An audit as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct ShownAudit {
    /// The window.
    #[serde(flatten)]
    pub window: Window,
    /// What was found.
    #[serde(flatten)]
    pub audit: Audit,
    /// Of the fire times that were meant to run and have ended, the share that completed.
    pub completed_percent: Option<f64>,
    /// Half of the first attempts started no later than this, in milliseconds.
    pub start_lateness_p50_ms: Option<u64>,
    /// All but one in a hundred started no later than this, in milliseconds.
    pub start_lateness_p99_ms: Option<u64>,
}

impl AuditArgs {
    /// The window asked for; `now` stands in for `--until`.
    ///
    /// # Errors
    /// [`CliError::Use`] when it ends before it begins or is longer than 31 days.
    pub fn window(&self, now: DateTime<Utc>) -> Result<Window, CliError> {
        let until = self.until.unwrap_or(now);
        let since = self.since.unwrap_or(until - WINDOW);
        if since >= until {
            let (since, until) = (utc(&since), utc(&until));
            let problem = format!("the window ends at {until}, before it begins at {since}");
            return Err(CliError::Use(problem));
        }
        if until - since > Window::LENGTH_MAX {
            let days = Window::LENGTH_MAX.num_days();
            let problem = format!("the window is longer than {days} days; audit it in parts");
            return Err(CliError::Use(problem));
        }
        Ok(Window { since, until })
    }
}

/// Audits and prints.
///
/// # Errors
/// [`CliError`] when the database does not answer, no job has the id asked for, or a fire time is
/// lost; the answer is printed first then.
pub async fn run(
    db: &Database,
    (args, window): (&AuditArgs, Window),
    now: DateTime<Utc>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let audit = audit(db, window, args.job, now).await?;
    if let (Some(id), 0) = (args.job, audit.jobs) {
        return Err(CliError::Found(format!("there is no job {id}")));
    }
    let shown = ShownAudit::new(window, audit);
    answer(out, args.json, &shown)?;
    match shown.audit.tally.lost {
        0 => Ok(()),
        lost => Err(CliError::Found(format!(
            "{lost} expected fire times have no row in the ledger"
        ))),
    }
}

impl ShownAudit {
    fn new(window: Window, audit: Audit) -> Self {
        let share = audit.tally.completed_basis_points();
        let share = share.and_then(|share| u32::try_from(share).ok());
        Self {
            window,
            completed_percent: share.map(|share| f64::from(share) / 100.0),
            start_lateness_p50_ms: audit.tally.lateness_percentile(50),
            start_lateness_p99_ms: audit.tally.lateness_percentile(99),
            audit,
        }
    }
}

impl fmt::Display for ShownAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Window { since, until }, tally) = (self.window, &self.audit.tally);
        let (since, until) = (utc(&since), utc(&until));
        writeln!(f, "{since} to {until}, {} jobs", self.audit.jobs)?;
        writeln!(f, "{:>9}  expected", tally.expected)?;
        let of_retry = format!("completed, {} by a retry", tally.completed_by_retry);
        for (count, what) in [
            (tally.completed, of_retry.as_str()),
            (tally.dead_letters, "failed with no attempt left"),
            (tally.retrying, "failed with another attempt to come"),
            (tally.pending, "pending"),
            (tally.running, "running"),
            (tally.cancelled, "cancelled"),
            (tally.awaiting, "due, without a verdict yet"),
        ] {
            writeln!(f, "{count:>9}    {what}")?;
        }
        for (reason, count) in &tally.skipped {
            writeln!(f, "{count:>9}    skipped: {reason}")?;
        }
        writeln!(f, "{:>9}    lost", tally.lost)?;
        self.details(f)
    }
}

impl ShownAudit {
    fn details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Audit {
            tally,
            unreadable,
            unreadable_first,
            ..
        } = &self.audit;
        for lost in &tally.lost_first {
            let time = utc(&lost.scheduled_for);
            writeln!(f, "lost: job {} at {time}", lost.job_id)?;
        }
        if let Some(horizon) = self.audit.pruned_before {
            let horizon = utc(&horizon);
            writeln!(
                f,
                "not counted: before {horizon}, as rows that old are deleted"
            )?;
        }
        if tally.unchecked > 0 {
            let count = tally.unchecked;
            writeln!(
                f,
                "not checked: {count} fire times of schedules that no log tells"
            )?;
        }
        for it in &tally.unknown_first {
            let (job, before) = (it.job_id, utc(&it.before));
            writeln!(f, "unknown before {before}: the schedule of job {job}")?;
        }
        if *unreadable > 0 {
            let told: Vec<_> = unreadable_first.iter().map(JobId::to_string).collect();
            let told = told.join(", ");
            writeln!(f, "{unreadable} jobs whose schedule cannot be read: {told}")?;
        }
        match self.completed_percent {
            Some(share) => writeln!(f, "completed of what was to run and ended: {share:.2} %")?,
            None => writeln!(f, "nothing that was to run has ended")?,
        }
        if let (Some(p50), Some(p99)) = (self.start_lateness_p50_ms, self.start_lateness_p99_ms) {
            writeln!(f, "start lateness: p50 {p50} ms, p99 {p99} ms")?;
        }
        writeln!(f, "duplicates suppressed: {}", tally.duplicates_suppressed)
    }
}

fn utc(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
