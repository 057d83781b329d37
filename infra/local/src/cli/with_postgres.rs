//! `sundial-local with-postgres -- COMMAND …`: a database for the length of one command.

use std::{ffi::OsString, process::ExitCode};

use anyhow::Context;
use tokio::process::{Child, Command};

use crate::{
    postgres::{Postgres, Source},
    signals::{StopSignal, StopSignals},
};

/// What a shell adds to a signal's number to make a status of it.
const BY_SIGNAL: i32 = 128;

/// How `with-postgres` is called.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Use this database instead of starting one
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// What to run, and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Runs the command and passes on its status. The database is stopped in every case.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let source = arguments
        .database_url
        .filter(|url| !url.is_empty())
        .map_or(Source::ThrowAway, Source::Given);
    let postgres = tokio::select! {
        postgres = Postgres::start(source) => postgres?,
        // Whatever was started is seen off by its keeper.
        _ = signals.next() => return Ok(ExitCode::from(130)),
    };
    let status = run_beside(&postgres, &arguments.command, &mut signals).await;
    postgres.stop().await?;
    status
}

async fn run_beside(
    postgres: &Postgres,
    command: &[OsString],
    signals: &mut StopSignals,
) -> anyhow::Result<ExitCode> {
    let (program, rest) = command.split_first().context("no command given")?;
    let mut child = Command::new(program)
        .args(rest)
        .env("DATABASE_URL", postgres.url())
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            signal = signals.next() => pass_on(signal, &child).await,
        }
    };
    let code = status.code().unwrap_or_else(|| {
        use std::os::unix::process::ExitStatusExt as _;
        BY_SIGNAL + status.signal().unwrap_or_default()
    });
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// The terminal has told the command already; a `kill` has told only us.
async fn pass_on(signal: StopSignal, child: &Child) {
    if let (StopSignal::Terminate, Some(process)) = (signal, child.id()) {
        let sent = Command::new("kill").arg(process.to_string()).status().await;
        if let Err(error) = sent {
            eprintln!("sundial-local: cannot pass the signal on: {error}");
        }
    }
}
