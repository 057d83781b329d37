//! What is written on the pages that ads lead to: read several at a time, each kept on its own.
//!
//! A page that was read is not read again for a while, so a run that is cut off anywhere goes on there.

mod page;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    clients::pages::Pages,
    domain::{BrandId, JobError},
    runtime::Run,
    store::landing_pages::{self, DuePage},
};

/// Pages read at the same time: most of the time they are waited for.
pub const AT_ONCE: usize = 4;

/// A page is read again after so long. **Source:** in the system before, classifications were stale after as long.
pub const STALE_AFTER: TimeDelta = TimeDelta::days(30);

/// What this step keeps fresh.
const DATASET: &str = "landing_pages";

/// Progress, log and cancellation are looked after this often.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// At most so many pages.
    pub at_most: u32,
    /// So many at the same time, as a rule [`AT_ONCE`].
    pub at_once: usize,
    /// Again when that was so long ago, as a rule [`STALE_AFTER`].
    pub stale_after: TimeDelta,
    /// With less time left than this, no further page is begun; one takes up to 20 seconds.
    pub time_left_min: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Pages that were not known before.
    pub taken_in: u64,
    /// Pages read.
    pub read: u64,
    /// Pages that could not be read.
    pub failed: u64,
    /// Whether time ran short before the last: the next invocation goes on with those that are left.
    pub is_out_of_time: bool,
}

/// A run that reads pages.
#[derive(Debug)]
struct Reading<'a, P> {
    run: &'a Run<P>,
    brand: BrandId,
    pages: &'a Pages,
    options: Options,
    saved_at: Mutex<Instant>,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Read,
    Failed,
    /// There was no time for it.
    Left,
}

/// Reads the pages that ads of the run's plan lead to, and other pages of the brand that are due. A page that cannot be
/// read waits for its next try, and the step goes on.
///
/// # Errors
/// What a checkpoint answers; `Retry` when the database does not answer. What is stored stays stored.
pub async fn read_missing<P>(
    run: &Run<P>,
    brand: BrandId,
    pages: &Pages,
    options: Options,
) -> Result<Tally, JobError> {
    let reading = Reading {
        run,
        brand,
        pages,
        options,
        saved_at: Mutex::new(Instant::now()),
    };
    let ended = reading.work().await;
    match &ended {
        Ok(tally) if tally.read == 0 && tally.failed > 0 => {
            let line = format!("none of {} pages could be read", tally.failed);
            run.step_failed(DATASET, &line);
        }
        Ok(tally) if !tally.is_out_of_time => run.step_succeeded(DATASET, tally.read),
        Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) => {
            run.step_failed(DATASET, &error.chain());
        }
        _ => {}
    }
    ended
}

impl<P> Reading<'_, P> {
    async fn work(&self) -> Result<Tally, JobError> {
        let (taken_in, due) = self
            .take()
            .await
            .map_err(JobError::retry("finding landing pages to read"))?;
        let mut tally = Tally {
            taken_in,
            ..Tally::default()
        };
        let total = u64::try_from(due.len()).unwrap_or(u64::MAX);
        let mut endings = stream::iter(due)
            .map(|page| self.read_and_save(page))
            .buffer_unordered(self.options.at_once.max(1));
        while let Some(ending) = endings.next().await {
            match ending? {
                Ending::Read => tally.read += 1,
                Ending::Failed => tally.failed += 1,
                Ending::Left => tally.is_out_of_time = true,
            }
            let done = tally.read + tally.failed;
            self.run.progress(done, total, "landing pages");
        }
        drop(endings);
        self.run.checkpoint(None).await?;
        Ok(tally)
    }

    /// How many pages are new, and those to read now.
    async fn take(&self) -> sqlx::Result<(u64, Vec<DuePage>)> {
        let (now, limit) = (self.run.now(), i64::from(self.options.at_most));
        let mut tx = self.run.db().begin().await?;
        let unknown = (self.brand, self.run.id);
        let unknown = landing_pages::unknown_of_run(&mut tx, unknown, limit).await?;
        let taken_in = landing_pages::ensure(&mut tx, self.brand, &unknown, now).await?;
        let times = (now, now - self.options.stale_after);
        let due = landing_pages::due(&mut tx, self.brand, times, limit).await?;
        tx.commit().await?;
        Ok((taken_in, due))
    }

    /// Reads a page, and saves now and then. Saving is part of the work: were it awaited between two ends, the pages
    /// that rest meanwhile might hold every connection it could have.
    async fn read_and_save(&self, page: DuePage) -> Result<Ending, JobError> {
        if self.run.time_left() < self.options.time_left_min {
            return Ok(Ending::Left);
        }
        let ending = self.read(page).await?;
        let is_due = {
            let mut saved_at = self.saved_at.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = saved_at.elapsed() >= CHECKPOINT_EVERY;
            if is_due {
                *saved_at = Instant::now();
            }
            is_due
        };
        if is_due {
            self.run.checkpoint(None).await?;
        }
        Ok(ending)
    }
}
