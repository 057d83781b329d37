//! The command `schedules`: what the cloud's clock would do, doing it, and what came of it.
//!
//! Exit status: 0 done; 1 the work failed or found what must not be; 2 wrong use or environment.

mod audit;
mod error;
mod import_legacy;
mod limits;
mod migrate_clock;
mod plan;
mod preview;
mod redrive;
mod show;
mod spread;
mod why;

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use aws_config::SdkConfig;
use clap::{Parser, Subcommand};
use shared::{
    clients::{bus::Bus, cloud_clock, undelivered::Undelivered},
    config::{Core, Environment, Rules},
    domain::Clock,
    runtime,
    store::Database,
};

use crate::{error::Failure, rules::Schedules};

use self::error::{is_answer, one_line};
pub use self::{
    audit::{AuditArgs, ShownAudit, run as audit},
    error::CliError,
    import_legacy::{ImportArgs, Imported, run as import_legacy},
    limits::{Cap, LimitsArgs, ShownLimits, run as limits},
    migrate_clock::{MigrateArgs, Migrated, old_clock, run as migrate_clock},
    plan::{apply, plan, tfvars},
    preview::{Presets, Preview, PreviewArgs},
    redrive::{Redrive, RedriveArgs, Redriven, run as redrive},
    show::{Quota, Shown},
    spread::{SpreadArgs, run as spread},
    why::{WhyArgs, run as why},
};

/// Looks after the rules of the cloud's clock, and after what came of them.
///
/// `plan`, `apply`, `why`, `redrive` and `migrate-clock` read DATABASE_URL, SUNDIAL_BUS, SUNDIAL_RULE_PREFIX,
/// SUNDIAL_FUNCTION_ARN, SUNDIAL_RULE_CALLS_PER_SECOND, SUNDIAL_RULES_OWNER and SUNDIAL_CLOCK, with it
/// SUNDIAL_SCHEDULE_GROUP, SUNDIAL_SCHEDULER_ROLE_ARN and SUNDIAL_SCHEDULER_QUEUE_ARN, and what every AWS program reads. `audit`, `spread`, `limits`
/// and `import-legacy --apply` read DATABASE_URL and SUNDIAL_BUS. The others need nothing.
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
        /// Print the rules as variables for Terraform instead, and do not look at the cloud.
        ///
        /// For installations whose rules Terraform makes (`rules_owner`). Prints nothing when a
        /// schedule cannot be read: Terraform would delete its rule.
        #[arg(long, conflicts_with = "json")]
        tfvars: bool,
    },
    /// Make the cloud's rules agree with the schedules.
    Apply {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show when a schedule fires, in words and times, and its rule. Needs no database or cloud.
    Preview(PreviewArgs),
    /// Compare the fire times that should have a verdict with those that have one.
    ///
    /// A job is checked by the schedule that was in force at each time, as the log of changes tells
    /// it. Of a change past the log, made in the database, nothing is known: the new schedule counts
    /// from its first verdict on, fire times before are counted as their rows tell and cannot be
    /// found lost, and the answer says until when. Exit status 1 when a fire time is lost.
    Audit(AuditArgs),
    /// Explain why a job did or did not run at a time, from what is recorded.
    ///
    /// Tells the schedule then and now, what clock changes do to it, the verdict with its reason,
    /// every attempt and its error, what happens next, and the state of the job's rule in the cloud.
    Why(WhyArgs),
    /// Show which minutes of the coming 24 hours are crowded, and quieter ones for their jobs.
    Spread(SpreadArgs),
    /// Show how many runs may work at the same time and how many do: per job type, per brand, and per
    /// brand within a type. `--brand` and `--job-type` change a limit first.
    ///
    /// A lower limit stops no run at work. A higher one lets waiting runs start with the reconciler's
    /// next sweep.
    Limits(LimitsArgs),
    /// Send again what Lambda or EventBridge gave up, once its cause is mended, and empty the queues.
    ///
    /// A run that still waits is asked for again, a changed schedule told again; ticks and sweeps need
    /// no event, as the ledger accounts for them. Exit status 1 when a queue holds what is not known.
    Redrive(RedriveArgs),
    /// Move every rule to the clock that SUNDIAL_CLOCK names: EventBridge rules, or EventBridge Scheduler.
    ///
    /// Makes and changes what the new clock lacks, looks again whether all is right there, and then removes
    /// ours from the other clock. No fire time is lost, and none runs twice: while both clocks fire, the
    /// ledger drops the second event. Deploy the setting first, or the reconciler goes on with the old clock.
    MigrateClock(MigrateArgs),
    /// Translate the cron strings of the old system, whose weekdays began at Monday = 0.
    ///
    /// Shows for each what it meant, what the old worker did with it, the expression in our
    /// dialect, and its next fires. Needs no database and changes nothing without `--apply`; with a
    /// job id it shows the call of the API that changes the job. `--apply` makes these changes: each
    /// is logged as one of `schedules import-legacy`, supersedes what the old schedule left, and
    /// reaches the cloud's clock with the reconciler's next sweep. A job that was edited meanwhile
    /// is refused: its expression is no longer the old string, or its revision not the one of the
    /// row. Exit status 1 when a row cannot be converted or a job was refused.
    ImportLegacy(ImportArgs),
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
        Command::Preview(args) if args.list_presets => answer(out, args.json, &Presets::ALL),
        Command::ImportLegacy(args) => {
            let db = match args.apply {
                true => Some(open_ledger().await?),
                false => None,
            };
            import_legacy(&args, db.as_ref(), clock.now(), out).await
        }
        Command::Preview(args) => answer(out, args.json, &args.preview(clock.now())?),
        Command::Audit(args) => {
            let now = clock.now();
            let window = args.window(now)?;
            audit(&open_ledger().await?, (&args, window), now, out).await
        }
        Command::Limits(args) => limits(&open_ledger().await?, &args, clock.now(), out).await,
        Command::Redrive(args) => {
            let (schedules, bus, aws) = open_cloud(clock).await?;
            let queues = Undelivered::new(&aws);
            let it = Redrive {
                db: schedules.db,
                bus,
                queues,
                prefix: schedules.settings.prefix,
                clock: schedules.clock,
            };
            redrive(&it, &args, out).await
        }
        Command::MigrateClock(args) => {
            let (schedules, _, aws) = open_cloud(clock).await?;
            let old = old_clock(&aws, &schedules)?;
            migrate_clock(&schedules, old.as_ref(), &args, out).await
        }
        Command::Spread(args) => spread(&open_ledger().await?, &args, clock.now(), out).await,
        Command::Why(args) => why(&open(clock).await?, &args, out).await,
        Command::Plan { tfvars: true, .. } => tfvars(&open(clock).await?, out).await,
        Command::Plan { json, .. } => plan(&open(clock).await?, json, out).await,
        Command::Apply { json } => apply(&open(clock).await?, json, out).await,
    }
}

async fn open(clock: Clock) -> Result<Schedules, CliError> {
    Ok(open_cloud(clock).await?.0)
}

async fn open_cloud(clock: Clock) -> Result<(Schedules, Bus, SdkConfig), CliError> {
    let aws = runtime::aws().await;
    let mut env = environment(&aws).await?;
    let (core, settings) = (Core::read(&mut env), Rules::read(&mut env));
    env.finish()?;
    let db = runtime::connect(&core).await;
    let schedules = Schedules {
        db: db.map_err(Failure::while_doing("starting"))?,
        cloud: cloud_clock::open(&aws, &settings),
        settings,
        clock,
    };
    let bus = Bus::new(&aws, core.bus.as_str());
    Ok((schedules, bus, aws))
}

async fn open_ledger() -> Result<Database, CliError> {
    let mut env = environment(&runtime::aws().await).await?;
    let core = Core::read(&mut env);
    env.finish()?;
    let db = runtime::connect(&core).await;
    Ok(db.map_err(Failure::while_doing("starting"))?)
}

async fn environment(aws: &SdkConfig) -> Result<Environment, CliError> {
    let env = runtime::environment(aws).await;
    Ok(env.map_err(Failure::while_doing("reading secrets"))?)
}

/// Prints a value for people or as one JSON object.
fn answer<T: serde::Serialize + fmt::Display>(
    out: &mut impl Write,
    as_json: bool,
    value: &T,
) -> Result<(), CliError> {
    let text = if as_json {
        json(value)?
    } else {
        value.to_string()
    };
    print(out, &text)
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

#[cfg(test)]
mod tests;
