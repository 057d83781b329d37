//! A service's books: in memory, and when there is a data folder, in a file there, at most 50 ms behind.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use crate::clock::Clock;

/// Changes are saved together that come within this time.
const SAVE_AFTER: Duration = Duration::from_millis(50);

/// Books, their file, and who waits for a change of them.
pub(crate) struct Kept<B> {
    /// What they hold, as in "the rules of EventBridge".
    what: &'static str,
    file: Option<PathBuf>,
    books: Mutex<B>,
    /// A schedule was changed: the wait for the next fire time starts afresh.
    rescheduled: Notify,
    /// The books differ from their file.
    unsaved: Notify,
}

impl<B: Serialize> Kept<B> {
    pub(crate) fn new(what: &'static str, file: Option<PathBuf>, books: B) -> Self {
        Self {
            what,
            file,
            books: Mutex::new(books),
            rescheduled: Notify::new(),
            unsaved: Notify::new(),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&B) -> T) -> T {
        look(&self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change<T, E>(&self, change: impl FnOnce(&mut B) -> Result<T, E>) -> Result<T, E> {
        let result = self.advance(change);
        if result.is_ok() {
            self.unsaved.notify_one();
            self.rescheduled.notify_one();
        }
        result
    }

    /// Changes what is not in the file, as fire times are.
    pub(crate) fn advance<T>(&self, change: impl FnOnce(&mut B) -> T) -> T {
        change(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the books saved, after a change that [`Kept::advance`] made of what is in the file.
    pub(crate) fn mark_unsaved(&self) {
        self.unsaved.notify_one();
    }

    /// Calls `fire` whenever the moment that `next` finds in the books has come. Never returns.
    pub(crate) async fn fire_on_time(
        &self,
        clock: &Clock,
        next: impl Fn(&B) -> Option<DateTime<Utc>>,
        fire: impl Fn(),
    ) {
        loop {
            let next = self.read(&next);
            let due = async {
                match next {
                    Some(moment) => clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => fire(),
                () = self.rescheduled.notified() => {}
            }
        }
    }

    /// Saves the books a little after each change. Never returns.
    pub(crate) async fn keep_saved(&self) {
        loop {
            self.unsaved.notified().await;
            tokio::time::sleep(SAVE_AFTER).await;
            self.save().await;
        }
    }

    pub(crate) async fn save(&self) {
        let Some(file) = self.file.clone() else {
            return;
        };
        let text = self.read(serde_json::to_vec_pretty);
        let saved = async {
            let text = text?;
            tokio::task::spawn_blocking(move || replace(&file, &text)).await?
        };
        if let Err(error) = saved.await {
            tracing::error!("{} are not saved: {error:#}", self.what);
        }
    }
}

/// What a file of books holds; `None` when there is none yet.
///
/// # Errors
/// When it cannot be read or holds something else.
pub(crate) fn open<B: DeserializeOwned>(file: &Path) -> anyhow::Result<Option<B>> {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    let books = serde_json::from_slice(&text).with_context(|| {
        format!(
            "reading {}; delete it to start with empty books",
            file.display()
        )
    })?;
    Ok(Some(books))
}

/// Writes beside the file and moves in place, so that a reader never sees half of it.
fn replace(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    let beside = file.with_extension("json.new");
    std::fs::write(&beside, text).with_context(|| format!("writing {}", beside.display()))?;
    std::fs::rename(&beside, file).with_context(|| format!("writing {}", file.display()))
}
