//! `schedules spread`: crowded minutes, and quieter ones.

use std::io::Write;

use chrono::{DateTime, Utc};
use clap::Args;
use shared::{
    domain::spread::{Named, spread},
    store::Database,
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
    let firing = jobs.into_iter().filter(|job| !job.is_paused);
    let firing = firing.map(|job| {
        let (id, name) = (job.id, job.name.clone());
        (Named { id, name }, job.planned())
    });
    let firing: Vec<_> = firing.collect();
    answer(out, args.json, &spread(&firing, now))
}
