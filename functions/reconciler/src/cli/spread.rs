//! `schedules spread`: crowded minutes, and quieter ones.

use std::{fmt, io::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use shared::store::Database;

use super::{CliError, answer};
use crate::{
    rules::live_jobs,
    spread::{Spread, spread},
};

/// How to answer.
#[derive(Clone, Copy, Debug, Args)]
pub struct SpreadArgs {
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Reads the schedules and prints how they spread over the coming day.
///
/// # Errors
/// [`CliError`] when the database does not answer.
pub async fn run(
    db: &Database,
    args: &SpreadArgs,
    now: DateTime<Utc>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let jobs = live_jobs(db).await?;
    answer(out, args.json, &spread(&jobs, now))
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crowded = self.minutes.iter().filter(|it| it.crowded.is_some());
        let mut count = 0;
        for minute in crowded {
            let at = minute.at.to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(f, "{at}  {} jobs", minute.fires)?;
            count += 1;
        }
        for it in &self.suggestions {
            let (id, name) = (it.job_id, &it.name);
            writeln!(f, "{id}  {name}: {}  ->  {}", it.expression, it.suggested)?;
        }
        let (fires, minutes) = (self.fires, self.minutes.len());
        writeln!(
            f,
            "{fires} fires in {minutes} minutes of the coming 24 hours, {count} of them crowded"
        )
    }
}
