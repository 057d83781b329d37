//! Entry point: arguments in, exit status out. The work is in the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    sundial_local::cli::main().await
}
