//! Entry point of the operator's command. The work is in `reconciler::cli`.

use std::{io, process::ExitCode};

use reconciler::cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::main(std::env::args_os(), &mut io::stdout().lock()).await
}
