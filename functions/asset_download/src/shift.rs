//! What the ads of one segment share: the time, what is kept, and turns at the same medium.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::meta::media::{Kind, Medium},
    store::assets::Copy,
};
use tokio::{sync::OwnedMutexGuard, time::Instant};

use crate::kept::Sizes;

/// A medium: its account, its kind, its id.
type Source = (String, Kind, String);
/// Whoever holds it is at work, the others wait; in it is what the one before has left.
pub(crate) type Turn<V> = OwnedMutexGuard<Option<V>>;

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
    /// Of what the brand keeps.
    pub(crate) sizes: Sizes,
    started: (DateTime<Utc>, Instant),
    turns: Turns<Source, Copy>,
    turns_at_bytes: Turns<[u8; 32], ()>,
}

impl Shift {
    pub(crate) fn new(
        now: DateTime<Utc>,
        deadline: Instant,
        stale: DateTime<Utc>,
        is_recovering: bool,
        (wants_videos, sizes): (bool, Sizes),
    ) -> Self {
        let started = (now, Instant::now());
        Self {
            deadline,
            stale,
            is_recovering,
            wants_videos,
            sizes,
            started,
            turns: Turns::default(),
            turns_at_bytes: Turns::default(),
        }
    }

    /// The present, by the run's clock at the start and this machine's since.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let (at, since) = self.started;
        at + TimeDelta::from_std(since.elapsed()).unwrap_or_default()
    }

    /// Two ads that show the same medium take turns, so that the second finds the first one's copy.
    pub(crate) async fn turn(&self, account: &str, medium: &Medium) -> Turn<Copy> {
        let key = (account.to_owned(), medium.kind, medium.source_id.clone());
        self.turns.take(key).await
    }

    /// Two media with the same bytes take turns at publishing them, so that they are stored once.
    /// Whoever has this turn waits for no other.
    pub(crate) async fn turn_at_bytes(&self, sha256: [u8; 32]) -> Turn<()> {
        self.turns_at_bytes.take(sha256).await
    }
}

/// One at a time per key, each leaving something to the next.
#[derive(Debug)]
struct Turns<K, V>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<Option<V>>>>>);

impl<K, V> Default for Turns<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Turns<K, V> {
    async fn take(&self, key: K) -> Turn<V> {
        let turn = Arc::clone(
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(key)
                .or_default(),
        );
        turn.lock_owned().await
    }
}
