//! What functions write: to a file per function, and to whoever listens.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::broadcast;

/// Lines kept for a listener that is slow; a busy function writes about a hundred per second.
const LINES_KEPT: usize = 4096;

/// Bytes of log returned with an invocation. Source: AWS, Invoke API, `LogType: Tail` (4 KB).
const TAIL_BYTES: usize = 4096;

/// A longer line is cut into pieces. Source: AWS, "CloudWatch Logs quotas", event size (256 KB).
const LINE_BYTES_MAX: u64 = 256 * 1024;

/// Which of its two outputs a function wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line a function wrote.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The function's name.
    pub function: String,
    /// The process that wrote it.
    pub pid: u32,
    /// Where to.
    pub stream: LogStream,
    /// The line, without its end.
    pub text: String,
}

#[derive(Clone)]
pub(super) struct Logs {
    lines: broadcast::Sender<LogLine>,
    dir: Option<PathBuf>,
}

impl Logs {
    pub(super) async fn open(dir: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(dir) = &dir {
            tokio::fs::create_dir_all(dir)
                .await
                .with_context(|| format!("making the log folder {}", dir.display()))?;
        }
        Ok(Self {
            lines: broadcast::Sender::new(LINES_KEPT),
            dir,
        })
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<LogLine> {
        self.lines.subscribe()
    }

    pub(super) fn of(&self, function: &str, pid: u32, tail: Tail) -> InstanceLog {
        let path = self
            .dir
            .as_ref()
            .map(|dir| dir.join(format!("{function}.log")));
        let file = path.and_then(|path| {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .inspect_err(|error| tracing::warn!(%error, "opening {}", path.display()))
                .ok()
        });
        InstanceLog {
            function: function.to_owned(),
            pid,
            lines: self.lines.clone(),
            file: file.map(Arc::new),
            tail,
        }
    }
}

/// The end of what an instance wrote during its present invocation.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<String>>);

impl Tail {
    pub(super) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(super) fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, line: &str) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(line);
        text.push('\n');
        let mut from = text.len().saturating_sub(TAIL_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text.drain(..from);
    }
}

/// Takes the lines of one process.
#[derive(Clone)]
pub(super) struct InstanceLog {
    function: String,
    pid: u32,
    lines: broadcast::Sender<LogLine>,
    file: Option<Arc<File>>,
    tail: Tail,
}

impl InstanceLog {
    /// Forwards a pipe line by line until the process closes it.
    pub(super) async fn forward(self, pipe: impl AsyncRead + Unpin, stream: LogStream) {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut pipe)
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
                .await
            {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
            let text = String::from_utf8_lossy(&line);
            self.take(text.trim_end_matches(['\n', '\r']).to_owned(), stream);
        }
    }

    fn take(&self, text: String, stream: LogStream) {
        self.tail.push(&text);
        if let Some(mut file) = self.file.as_deref()
            && let Err(error) = file.write_all(format!("{text}\n").as_bytes())
        {
            tracing::warn!(%error, "writing the log of {}", self.function);
        }
        // Without a listener there is nobody to tell.
        let _ = self.lines.send(LogLine {
            function: self.function.clone(),
            pid: self.pid,
            stream,
            text,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_the_last_four_kilobytes_and_whole_characters() {
        let tail = Tail::default();
        for _ in 0..100 {
            tail.push(&"ä".repeat(50));
        }
        assert!(tail.text().len() <= TAIL_BYTES, "grew past its bound");
        assert!(tail.text().ends_with("ä\n"));

        tail.clear();
        assert_eq!(tail.text(), "");
    }
}
