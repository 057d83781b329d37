//! The commands of `sundial-local`.

mod with_postgres;

use std::process::ExitCode;

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
    /// Run a command with DATABASE_URL set to a throw-away PostgreSQL, and exit with its status
    WithPostgres(with_postgres::Arguments),
}

/// Does what the command line says. Wrong use ends the process with status 2, as clap does.
pub async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::WithPostgres(arguments) => with_postgres::run(arguments).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("sundial-local: {error:#}");
        ExitCode::from(FAILED)
    })
}
