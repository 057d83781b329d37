//! The command `schedules`: what the cloud's clock would do, and doing it.
//!
//! Exit status: 0 done; 1 the work failed; 2 wrong use or environment.

mod preview;
mod show;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, error::ErrorKind};
use shared::{
    clients::clock_rules::ClockRules,
    config::{ConfigError, Core, Environment, Rules},
    domain::Clock,
    runtime,
};

use crate::{
    budget::Budget,
    error::{Failure, Failures},
    rules::{Look, Schedules, pace},
};

pub use self::{
    preview::{Preview, PreviewArgs},
    show::{Quota, Shown},
};

/// Looks after the rules of the cloud's clock.
///
/// `plan` and `apply` read DATABASE_URL, SUNDIAL_BUS, SUNDIAL_RULE_PREFIX, SUNDIAL_FUNCTION_ARN and
/// SUNDIAL_RULE_CALLS_PER_SECOND, and what every AWS program reads. `preview` needs nothing.
#[derive(Debug, Parser)]
#[command(name = "schedules", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how the cloud's rules differ from the schedules, and what `apply` would do.
    ///
    /// For each change: the rule, its expression, what it says, its next fire, and the fires that
    /// appear or vanish within seven days. Changes nothing.
    Plan {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Make the cloud's rules agree with the schedules.
    Apply {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show when a schedule fires, in words and times, and its rule. Needs no database or cloud.
    Preview(PreviewArgs),
}

/// Why the command ends with another status than 0.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Something on the command line is wrong: status 2.
    #[error("{0}")]
    Use(String),
    /// The environment is not usable: status 2.
    #[error(transparent)]
    Environment(#[from] ConfigError),
    /// The work failed: status 1.
    #[error("{}", .0.chain())]
    Work(Failure),
    /// Some of the work failed, the rest was done: status 1.
    #[error(transparent)]
    Some(#[from] Failures),
    /// The answer cannot be written: status 1.
    #[error("writing the answer: {0}")]
    Output(#[source] io::Error),
}

impl CliError {
    const fn status(&self) -> u8 {
        match self {
            Self::Use(_) | Self::Environment(_) => 2,
            Self::Work(_) | Self::Some(_) | Self::Output(_) => 1,
        }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Work(failure)
    }
}

/// Runs the command line `args`, the program's name first. The answer goes to `out`, problems to
/// standard error in one line.
pub async fn main(args: impl IntoIterator<Item = OsString>, out: &mut impl Write) -> ExitCode {
    match run(args, out).await {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as in `schedules plan | head`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Nobody is left to be told when standard error is gone, too.
            let _is_told = writeln!(io::stderr(), "schedules: {error}");
            ExitCode::from(error.status())
        }
    }
}

/// The same without the process around it.
///
/// # Errors
/// [`CliError`]; its text is one line for the person at the terminal.
pub async fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) if is_answer(error.kind()) => return print(out, &error.render().to_string()),
        Err(error) => return Err(CliError::Use(one_line(&error))),
    };
    let clock = Clock::system();
    match args.command {
        Command::Preview(args) => {
            let preview = args.preview(clock.now())?;
            let text = if args.json {
                json(&preview)?
            } else {
                preview.to_string()
            };
            print(out, &text)
        }
        Command::Plan { json } => plan(&open(clock).await?, json, out).await,
        Command::Apply { json } => apply(&open(clock).await?, json, out).await,
    }
}

async fn open(clock: Clock) -> Result<Schedules, CliError> {
    let mut env = Environment::of_process();
    let (core, settings) = (Core::read(&mut env), Rules::read(&mut env));
    env.finish()?;
    let db = runtime::connect(&core).await;
    Ok(Schedules {
        db: db.map_err(Failure::while_doing("starting"))?,
        cloud: ClockRules::new(&runtime::aws().await, pace(&settings)),
        settings,
        clock,
    })
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
    let (plan, failures) = schedules.plan(Look::Targets).await?;
    let everything = schedules.cloud.list("").await;
    let everything = everything.map_err(Failure::while_doing("counting the bus's rules"))?;
    let shown = Shown::new(&plan, everything.len(), schedules.clock.now());
    let text = if as_json {
        json(&shown)?
    } else {
        shown.to_string()
    };
    print(out, &text)?;
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
    let (plan, mut failures) = schedules.plan(Look::Targets).await?;
    let budget = Budget::unlimited(&schedules.clock);
    let (applied, of_changes) = schedules.apply(&plan, &budget).await;
    failures.extend(of_changes);
    let text = if as_json {
        json(&applied)?
    } else {
        applied.to_string()
    };
    print(out, &text)?;
    Ok(Failures::check(failures, ())?)
}

fn print(out: &mut impl Write, text: &str) -> Result<(), CliError> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write!(out, "{text}{end}")
        .and_then(|()| out.flush())
        .map_err(CliError::Output)
}

fn json(value: &impl serde::Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string(value);
    text.map_err(|error| CliError::Output(io::Error::other(error)))
}

const fn is_answer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// The first paragraph of clap's complaint: the usage after it is what `--help` is for.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "say plan, apply or preview; see `schedules --help`".to_owned();
    }
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.split_whitespace().collect();
    let line = words.join(" ");
    format!(
        "{}; see `schedules --help`",
        line.trim_start_matches("error: ")
    )
}

#[cfg(test)]
mod tests;
