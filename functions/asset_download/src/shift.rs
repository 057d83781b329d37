//! What the ads of one segment share: the time, and turns at the same medium.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::clients::meta::media::{Kind, Medium};
use tokio::{sync::OwnedMutexGuard, time::Instant};

/// A medium: its account, its kind, its id.
type Source = (String, Kind, String);
/// Whoever holds it works on the medium.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// What the ads of one segment have in common.
#[derive(Debug)]
pub(crate) struct Shift {
    /// When in-flight transfers must be over.
    pub(crate) deadline: Instant,
    /// Renders looked at before this are looked at again.
    pub(crate) stale: DateTime<Utc>,
    /// True when an earlier attempt or segment may have published what it did not record.
    pub(crate) is_recovering: bool,
    pub(crate) wants_videos: bool,
    started: (DateTime<Utc>, Instant),
    turns: Mutex<HashMap<Source, Turn>>,
}

impl Shift {
    pub(crate) fn new(
        now: DateTime<Utc>,
        deadline: Instant,
        stale: DateTime<Utc>,
        is_recovering: bool,
        wants_videos: bool,
    ) -> Self {
        let (started, turns) = ((now, Instant::now()), Mutex::default());
        Self {
            deadline,
            stale,
            is_recovering,
            wants_videos,
            started,
            turns,
        }
    }

    /// The present, by the run's clock at the start and this machine's since.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let (at, since) = self.started;
        at + TimeDelta::from_std(since.elapsed()).unwrap_or_default()
    }

    /// Two ads that show the same medium take turns, so that the second finds the first one's copy.
    pub(crate) async fn turn(&self, account: &str, medium: &Medium) -> OwnedMutexGuard<()> {
        let key = (account.to_owned(), medium.kind, medium.source_id.clone());
        let turn = Arc::clone(
            self.turns
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(key)
                .or_default(),
        );
        turn.lock_owned().await
    }
}
