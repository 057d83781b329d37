//! `schedules spread`: crowded minutes, and quieter ones.

use std::io::Write;

use chrono::{DateTime, Utc};
use clap::Args;
use shared::{
    domain::spread::spread,
    store::{Database, jobs::rules::RuleJob},
};

use super::{CliError, answer};
use crate::rules::live_jobs;

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
    let names = jobs.iter().map(|job| (job.id, job.name.clone())).collect();
    let firing = jobs.into_iter().filter(|job| !job.is_paused);
    let planned: Vec<_> = firing.map(RuleJob::planned).collect();
    answer(out, args.json, &spread(&planned, &names, now))
}
