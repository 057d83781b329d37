//! One line that changes, on a terminal; elsewhere a line now and then.

use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// How often a line is written where lines cannot be changed.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Goes back to the beginning of the line and empties it.
///
/// **Source:** ECMA-48, EL.
const EMPTY_LINE: &str = "\r\x1b[K";

/// Tells what is being waited for.
#[derive(Debug)]
pub(super) struct Progress {
    begun: Instant,
    is_terminal: bool,
    /// Elsewhere than on a terminal: when the last line was written.
    last: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            is_terminal: std::io::stdout().is_terminal(),
            last: None,
        }
    }

    /// What is going on right now.
    pub(super) fn show(&mut self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.is_terminal {
            write!(out, "{EMPTY_LINE}{}", self.stamped(text))?;
        } else if self.last.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
            writeln!(out, "{}", self.stamped(text))?;
            self.last = Some(Instant::now());
        }
        out.flush()
    }

    /// What is done, to stay.
    pub(super) fn done(&mut self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.is_terminal {
            write!(out, "{EMPTY_LINE}")?;
        }
        writeln!(out, "{}", self.stamped(text))?;
        self.last = None;
        out.flush()
    }

    fn stamped(&self, text: &str) -> String {
        format!("{:>6.1} s  {text}", self.begun.elapsed().as_secs_f64())
    }
}
