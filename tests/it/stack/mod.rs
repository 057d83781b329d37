//! The real function binaries on the whole local stack: what one machine shows, AWS does.
//!
//! The binaries must be built before: `cargo build --workspace --all-targets`, as `make test` does.

mod api;
mod aws_cli;
mod clock;
mod crash;
mod login;
mod restart;
mod schedule;
mod site;
pub(crate) mod tools;
mod troubles;
mod webhook;
