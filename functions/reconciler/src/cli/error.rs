//! Why the command ends with another status than 0.

use std::io;

use clap::error::ErrorKind;
use shared::config::ConfigError;

use crate::error::{Failure, Failures};

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
    /// The work was done and found something that must not be: status 1.
    #[error("{0}")]
    Found(String),
    /// The answer cannot be written: status 1.
    #[error("writing the answer: {0}")]
    Output(#[source] io::Error),
}

impl CliError {
    pub(super) const fn status(&self) -> u8 {
        match self {
            Self::Use(_) | Self::Environment(_) => 2,
            Self::Work(_) | Self::Some(_) | Self::Found(_) | Self::Output(_) => 1,
        }
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        Self::Work(failure)
    }
}

pub(super) const fn is_answer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// The first paragraph of clap's complaint: the usage after it is what `--help` is for.
pub(super) fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "say plan, apply, preview or another command; see `schedules --help`".to_owned();
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
