//! `schedules why`: why a run did or did not happen.

use std::{fmt, io::Write};

use chrono::{DateTime, NaiveDateTime};
use clap::Args;
use shared::domain::JobId;

use super::{CliError, answer};
use crate::{
    rules::Schedules,
    why::{Asked, Why, why},
};

/// Which run to explain.
#[derive(Clone, Debug, Args)]
pub struct WhyArgs {
    /// The job's id.
    #[arg(value_name = "JOB")]
    pub job: JobId,
    /// A fire time: an instant as in 2026-03-01T14:00:00Z, or a wall-clock time in the zone of
    /// the schedule as in 2026-03-01T06:00 [default: the last one that is due].
    #[arg(long, value_name = "TIME", value_parser = asked)]
    pub at: Option<Asked>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Explains and prints.
///
/// # Errors
/// [`CliError`] when the database does not answer or there is no such job.
pub async fn run(
    schedules: &Schedules,
    args: &WhyArgs,
    out: &mut impl Write,
) -> Result<(), CliError> {
    match why(schedules, args.job, args.at).await? {
        Some(why) => answer(out, args.json, &why),
        None => Err(CliError::Found(format!("there is no job {}", args.job))),
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sentence in &self.sentences {
            writeln!(f, "{sentence}")?;
        }
        Ok(())
    }
}

fn asked(text: &str) -> Result<Asked, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Asked::Instant(time.to_utc()));
    }
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let civil = formats.map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let civil = civil.into_iter().flatten().next();
    civil.map(Asked::WallClock).ok_or_else(|| {
        "allowed: 2026-03-01T14:00:00Z, or 2026-03-01T06:00 on the schedule's wall clock".to_owned()
    })
}
