//! `schedules plan` and `schedules apply`.

use std::io::Write;

use shared::config::RulesOwner;

use super::{CliError, Shown, answer, json, print};
use crate::{
    budget::Budget,
    error::Failures,
    rules::{Look, Schedules},
    tfvars::Tfvars,
};

/// Prints the rules of all rows for Terraform.
///
/// # Errors
/// [`CliError`] when the database does not answer or a row cannot be read; nothing is printed then.
pub async fn tfvars(schedules: &Schedules, out: &mut impl Write) -> Result<(), CliError> {
    print(out, &json(&Tfvars::new(schedules.desired().await?))?)
}

/// Prints what [`apply`] would do, and the quota.
///
/// # Errors
/// [`CliError`] when cloud or database do not answer, or rows cannot be read; the plan for the
/// others is printed first.
pub async fn plan(
    schedules: &Schedules,
    as_json: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let (plan, used, failures) = schedules.survey().await?;
    let shown = Shown::new(&plan, used, &schedules.settings, schedules.clock.now());
    answer(out, as_json, &shown)?;
    Ok(Failures::check(failures, ())?)
}

/// Makes the cloud agree with the rows, however long it takes, and prints what was done.
///
/// # Errors
/// [`CliError`]; what could be done was done.
pub async fn apply(
    schedules: &Schedules,
    as_json: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
    if schedules.settings.owner == RulesOwner::Terraform {
        let says = "the rules are Terraform's: write them with `schedules plan --tfvars`, and apply them there";
        return Err(CliError::Use(says.to_owned()));
    }
    let (plan, mut failures) = schedules.plan(Look::Targets).await?;
    let budget = Budget::unlimited(&schedules.clock);
    let (applied, of_changes) = schedules.apply(&plan, &budget).await;
    failures.extend(of_changes);
    answer(out, as_json, &applied)?;
    Ok(Failures::check(failures, ())?)
}
