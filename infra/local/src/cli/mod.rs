//! The commands of `sundial-local`.

mod demo;
mod dev;
mod stack;
mod with_postgres;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// The work failed.
const FAILED: u8 = 1;

/// Sundial's stack on one machine.
#[derive(Debug, Parser)]
#[command(name = "sundial-local", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep the whole stack up, and tell how to call it
    Dev {
        #[command(flatten)]
        stack: stack::Arguments,
        #[command(flatten)]
        meta: stack::MetaArguments,
        #[command(flatten)]
        gemini: stack::GeminiArguments,
        /// Which of the cloud's clocks wakes the jobs: rules of EventBridge, or EventBridge Scheduler
        #[arg(long, value_parser = ["rules", "scheduler"], default_value = "rules")]
        clock: String,
    },
    /// Run the chain of jobs end to end on a stack of its own; status 0 when all was as promised
    Demo {
        #[command(flatten)]
        stack: stack::Arguments,
    },
    /// Run a command with DATABASE_URL set to a throw-away PostgreSQL, and exit with its status
    WithPostgres(with_postgres::Arguments),
    /// Bring the schema of the database at DATABASE_URL up to date
    Migrate {
        /// The database
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
}

/// Does what the command line says. Wrong use ends the process with status 2, as clap does.
pub async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Dev {
            stack,
            meta,
            gemini,
            clock,
        } => dev::run(stack, (meta, gemini), clock).await,
        Command::Demo { stack } => demo::run(stack).await,
        Command::WithPostgres(arguments) => with_postgres::run(arguments).await,
        Command::Migrate { database_url } => migrate(&database_url).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("sundial-local: {error:#}");
        ExitCode::from(FAILED)
    })
}

async fn migrate(database_url: &str) -> anyhow::Result<ExitCode> {
    let told = crate::stack::migrate(database_url).await?;
    let mut out = io::stdout().lock();
    for line in told {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}
