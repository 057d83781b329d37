//! What was asked, so that a test can look back.

use std::{collections::VecDeque, sync::Mutex};

use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;

use super::lock;

/// How many requests are kept; the oldest go first.
const ENTRIES_MAX: usize = 100_000;

/// A request as it came, whatever it was for; only `/_control` is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Seen {
    /// Method and address, as `GET /v1beta/files/a`.
    pub line: String,
    /// The headers, one on a line.
    pub headers: String,
    /// The model, of a question.
    pub model: String,
    /// What the model is to do.
    pub system: String,
    /// The texts it is to do that with, a line break between.
    pub text: String,
    /// Everything it was given, in order; of an upload, the piece.
    pub parts: Vec<SeenPart>,
}

/// A part of a question, or a piece of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenPart {
    /// `text`, `inline`, `file` or `piece`.
    pub kind: &'static str,
    /// The type of a medium; empty for the others.
    pub mime: String,
    /// The length of the text, the medium, the uploaded file, or the piece.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Seen {
    /// What every request has.
    pub(super) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            format!("{name}: {value}\n")
        });
        Self {
            line: format!("{method} {uri}"),
            headers: headers.collect(),
            ..Self::default()
        }
    }
}

/// The last requests.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    seen: Mutex<VecDeque<Seen>>,
}

impl Ledger {
    pub(super) fn note(&self, seen: Seen) {
        let mut entries = lock(&self.seen);
        if entries.len() == ENTRIES_MAX {
            entries.pop_front();
        }
        entries.push_back(seen);
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        lock(&self.seen).clear();
    }
}
