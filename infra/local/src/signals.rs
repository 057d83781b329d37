//! Being asked to stop: Ctrl-C, `kill`, a closed terminal.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The ways a person or a system asks a program to stop, each ending it at once unless handled.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

/// Which of them came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C; the terminal sends it to the whole foreground group, so to our children as well.
    Interrupt,
    /// `kill`, or the terminal is gone; only we were told.
    Terminate,
}

impl StopSignals {
    /// From now on the signals wait for [`Self::next`] instead of ending the program.
    ///
    /// # Errors
    /// When the system refuses handlers.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.hang_up.recv() => StopSignal::Terminate,
        }
    }
}
