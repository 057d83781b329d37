//! `schedules migrate-clock`: from one of the cloud's clocks to the other.
//!
//! The new clock's rules are made and looked at again before any of the old one's goes. While both are
//! there both fire, and the ledger takes the second event of a fire time for what it is.

use std::{fmt, io::Write, sync::Arc};

use aws_config::SdkConfig;
use clap::Args;
use serde::Serialize;
use shared::{
    clients::cloud_clock::{self, CloudClock, ListedRule},
    config::ClockBackend,
};

use super::{CliError, answer};
use crate::{
    budget::Budget,
    error::{Failure, Failures},
    names,
    rules::{Applied, Look, Schedules},
};

/// How to move.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct MigrateArgs {
    /// Tell what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// Whether nothing was.
    pub is_dry_run: bool,
    /// The clock that `SUNDIAL_CLOCK` names.
    pub to: ClockBackend,
    /// What it took there; in a dry run, what it would take.
    pub applied: Applied,
    /// Rules of ours that the other clock had.
    pub found: usize,
    /// Those of them that are gone.
    pub removed: usize,
}

/// The clock that the settings do not name.
///
/// # Errors
/// [`CliError::Use`] when the settings name no group of schedules, which one of the two clocks needs.
pub fn old_clock(aws: &SdkConfig, schedules: &Schedules) -> Result<Arc<dyn CloudClock>, CliError> {
    let settings = &schedules.settings;
    if settings.scheduler.group.is_empty() {
        let says =
            "SUNDIAL_SCHEDULE_GROUP is not set: name the group of schedules to move to or from";
        return Err(CliError::Use(says.to_owned()));
    }
    let other = settings.clock.other();
    Ok(cloud_clock::open_backend(aws, settings, other))
}

/// Moves every rule of ours from `old` to the clock of `schedules`.
///
/// # Errors
/// [`CliError`] when a schedule cannot be read or is not right in the new clock, before anything of the
/// old one was removed; or when something of it cannot be removed. Doing it again goes on.
pub async fn run(
    schedules: &Schedules,
    old: &dyn CloudClock,
    args: &MigrateArgs,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let (plan, failures) = schedules.plan(Look::Targets).await?;
    let mut migrated = Migrated {
        is_dry_run: args.dry_run,
        to: schedules.cloud.backend(),
        applied: Applied::of(&plan),
        found: 0,
        removed: 0,
    };
    Failures::check(failures, ())?;
    if !args.dry_run {
        let budget = Budget::unlimited(&schedules.clock);
        let (applied, failures) = schedules.apply(&plan, &budget).await;
        Failures::check(failures, ())?;
        migrated.applied = applied;
        verify(schedules).await?;
    }
    let ours = owned(schedules, old).await?;
    migrated.found = ours.len();
    let mut failures = Vec::new();
    for rule in ours.iter().filter(|_| !args.dry_run) {
        match old.delete(&rule.name).await {
            Ok(()) => migrated.removed += 1,
            Err(error) => failures.push(Failure::new("removing an old rule", error)),
        }
    }
    answer(out, args.json, &migrated)?;
    Ok(Failures::check(failures, ())?)
}

/// Looks again: only what the new clock shows counts as being there.
async fn verify(schedules: &Schedules) -> Result<(), CliError> {
    let (plan, failures) = schedules.plan(Look::Targets).await?;
    Failures::check(failures, ())?;
    match plan.changes.first() {
        None => Ok(()),
        Some(first) => Err(CliError::Found(format!(
            "{} rules are not yet right in the new clock, as {}; nothing was removed from the old one: run it again",
            plan.changes.len(),
            first.name()
        ))),
    }
}

async fn owned(schedules: &Schedules, clock: &dyn CloudClock) -> Result<Vec<ListedRule>, Failure> {
    let prefix = names::prefix(&schedules.settings);
    let rules = clock.list(&prefix).await;
    let mut rules = rules.map_err(Failure::while_doing("looking at the old clock"))?;
    rules.retain(|rule| names::is_owned(clock.backend(), rule, &prefix));
    Ok(rules)
}

impl fmt::Display for Migrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, applied, .. } = self;
        let from = to.other();
        writeln!(f, "{to}: {applied}")?;
        match self.is_dry_run {
            true => writeln!(f, "{from}: {} to remove; nothing was done", self.found),
            false => writeln!(f, "{from}: {} of {} removed", self.removed, self.found),
        }
    }
}
