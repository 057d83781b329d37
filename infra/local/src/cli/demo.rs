//! `sundial-local demo`: the chain of jobs end to end, and whether it kept its promises.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context;

use super::{FAILED, stack::Arguments};
use crate::{
    demo,
    signals::StopSignals,
    stack::{Lock, Ports, Stack},
};

/// What a shell reports for a program ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Where the demo keeps its data, inside the data folder.
const FOLDER: &str = "demo";

/// What an earlier demo leaves in that folder.
const LEFT: &[&str] = &["postgres", "s3", "logs", "eventbridge.json"];

/// Runs the demo on a stack of its own. Status 0: everything was as promised.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let data = arguments.data.join(FOLDER);
    begin_afresh(&data)?;
    let options = arguments.options(&data, Ports::default())?;
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        // Whatever was started is seen off by its keeper.
        _ = signals.next() => return Ok(ExitCode::from(INTERRUPTED)),
    };
    let kept = tokio::select! {
        kept = demo::run(&stack) => Some(kept),
        _ = signals.next() => None,
    };
    stack.stop().await?;
    match kept {
        Some(kept) => Ok(ExitCode::from(if kept? { 0 } else { FAILED })),
        None => Ok(ExitCode::from(INTERRUPTED)),
    }
}

/// Objects of an earlier demo would look as if this one had stored them.
fn begin_afresh(data: &Path) -> anyhow::Result<()> {
    let _lock = Lock::take(data)?;
    for name in LEFT {
        let path = data.join(name);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false if path.exists() => fs::remove_file(&path),
            false => Ok(()),
        };
        removed.with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}
