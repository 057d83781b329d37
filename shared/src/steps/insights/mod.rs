//! Numbers of ads, fetched slice by slice: a question per day, page by page, each page stored with its cursor.
//!
//! Small answers come at once; what is too much becomes a report, and what is too much for a report is cut: by
//! campaigns, ad sets, ads, and at last by fields. Every step is a row, so a run that is cut off anywhere goes on
//! there in another invocation, and asks for no page twice.

mod cut;
mod page;
mod report;
mod slice;
mod trouble;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::ad_account::Reach;
use crate::{
    clients::meta::Advice,
    domain::{JobError, slices::Kind},
    runtime::Run,
    store::{
        Database, Tx, ad_accounts,
        slices::{self, Slice, Standing, State, SyncId},
    },
};

/// Rows per page: larger ones are refused more often, smaller ones use up the quota of calls.
pub const PAGE_LIMIT: u32 = 500;

/// Slices at work at the same time, while the quota lasts.
const AT_ONCE: usize = 4;

/// Reports of one account that are prepared at the same time. **Source:** what other connectors found to be
/// bearable is about 100; half of it leaves room for people's own.
const REPORTS_MAX: i64 = 50;

/// Slices taken up in one go.
const TAKEN_MAX: i64 = 64;

/// With less time left, nothing new is begun: an answer of Meta's may take half a minute.
const TIME_LEFT_MIN: Duration = Duration::from_secs(45);
/// A short invocation uses at least this part of its time for work.
const MARGIN_PART: u32 = 4;

/// Progress, log and cancellation are looked after this often.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// A wait up to this long is best waited out: another invocation would cost more. A longer one ends the invocation.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// With less time left than this, nothing new is begun in this invocation.
#[must_use]
pub fn time_left_min<P>(run: &Run<P>) -> Duration {
    TIME_LEFT_MIN.min(run.time_left() / MARGIN_PART)
}

/// How the work ended when nothing stopped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every slice is over, well or badly.
    Over(Standing),
    /// Slices are left, time is not.
    OutOfTime,
}

/// One sync at work.
#[derive(Debug)]
pub struct Insights<'a, P> {
    run: &'a Run<P>,
    reach: &'a Reach,
    plan: Plan<'a>,
    /// With less time left, nothing new is begun.
    time_left_min: Duration,
    /// Set when the quota is nearly used up: how long to leave the account alone.
    hold: Mutex<Option<Duration>>,
}

/// What is worked on.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Which sync.
    pub sync: SyncId,
    /// Which numbers.
    pub kinds: &'a [Kind],
    /// When the sync began.
    pub began: DateTime<Utc>,
    /// Which day it was in the account's time zone.
    pub began_on: NaiveDate,
    /// The account's time zone.
    pub zone: chrono_tz::Tz,
    /// How long a wait may be to be waited out in the invocation, as a rule [`PATIENCE`].
    pub patience: Duration,
}

impl<'a, P> Insights<'a, P> {
    /// Prepares the work; [`slices::plan`] has planned it.
    #[must_use]
    pub fn new(run: &'a Run<P>, reach: &'a Reach, plan: Plan<'a>, time_left_min: Duration) -> Self {
        Self {
            run,
            reach,
            plan,
            time_left_min,
            hold: Mutex::default(),
        }
    }

    /// Works until every slice is over or time runs short. Progress goes to the run.
    ///
    /// # Errors
    /// `Snooze` when Meta asks for a pause or its reports take long, `GiveUp` when the account cannot be read,
    /// and what a checkpoint answers. What is stored stays stored.
    pub async fn work(&self) -> Result<End, JobError> {
        loop {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let (taken, standing) = self.take().await?;
            self.tell(&standing);
            if standing.open == 0 {
                return Ok(End::Over(standing));
            }
            let (submitted, others): (Vec<_>, Vec<_>) = taken
                .into_iter()
                .partition(|slice| slice.state == State::Submitted);
            let others = admitted(others, standing.reports);
            if submitted.is_empty() && others.is_empty() {
                self.wait(&standing).await?;
                continue;
            }
            self.look_at_reports(submitted).await?;
            self.advance(others).await?;
            self.run.checkpoint(None).await?;
            if let Some(delay) = self.held() {
                return Err(JobError::Snooze { by: "Meta", delay });
            }
        }
    }

    /// The slices that can be worked on now, and how all of them stand.
    async fn take(&self) -> Result<(Vec<Slice>, Standing), JobError> {
        const DOING: &str = "taking up slices";
        let kinds: Vec<&str> = self.plan.kinds.iter().map(|kind| kind.name()).collect();
        let taken = async {
            let mut tx = self.run.db().begin().await?;
            let pause = ad_accounts::pause_of(&mut tx, &self.reach.owner.account).await?;
            let now = self.run.now();
            let whose = (self.plan.sync, &self.reach.owner);
            let due = slices::due(&mut tx, whose, &kinds, (now, TAKEN_MAX)).await?;
            let standing = slices::standing(&mut tx, self.plan.sync, &kinds).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>((pause, due, standing))
        };
        let (pause, due, standing) = taken.await.map_err(JobError::retry(DOING))?;
        let pause = pause.filter(|(until, _)| *until > self.run.now() && standing.open > 0);
        match pause.and_then(|(until, _)| (until - self.run.now()).to_std().ok()) {
            Some(delay) => Err(JobError::Snooze { by: "Meta", delay }),
            None => Ok((due, standing)),
        }
    }

    /// Works on slices, several at the same time.
    async fn advance(&self, slices: Vec<Slice>) -> Result<(), JobError> {
        let at_once = match self.reach.meta.advice() {
            Advice::Go => AT_ONCE,
            _ => 1,
        };
        let saved_at = Mutex::new(Instant::now());
        let mut work = stream::iter(slices)
            .map(|slice| self.advance_and_save(slice, &saved_at))
            .buffer_unordered(at_once);
        while let Some(ended) = work.next().await {
            ended?;
        }
        Ok(())
    }

    /// Works on a slice, and saves now and then. Saving is part of the work: were it awaited between two ends,
    /// the slices that rest meanwhile might hold every connection it could have.
    async fn advance_and_save(
        &self,
        slice: Slice,
        saved_at: &Mutex<Instant>,
    ) -> Result<(), JobError> {
        self.advance_one(slice).await?;
        let is_due = {
            let mut saved_at = saved_at.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = saved_at.elapsed() >= CHECKPOINT_EVERY;
            if is_due {
                *saved_at = Instant::now();
            }
            is_due
        };
        if is_due {
            self.run.checkpoint(None).await?;
        }
        Ok(())
    }

    /// Waits for the next slice that can be worked on, here or in another invocation.
    async fn wait(&self, standing: &Standing) -> Result<(), JobError> {
        // A slice that has no room for its report is due, and waits for the others' reports.
        let now = self.run.now();
        let moments = [standing.next_due, standing.next_poll]
            .into_iter()
            .flatten();
        let due = moments.filter(|due| *due > now).min().unwrap_or(now);
        let delay = (due - now).to_std().unwrap_or_default();
        if delay > self.plan.patience || delay + self.time_left_min > self.run.time_left() {
            return Err(JobError::Snooze {
                by: "Meta's reports",
                delay,
            });
        }
        tokio::time::sleep(delay).await;
        Ok(())
    }

    fn is_short_of_time(&self) -> bool {
        self.run.time_left() < self.time_left_min
    }

    /// True when no further page is to be asked for in this invocation.
    fn is_to_stop(&self) -> bool {
        self.is_short_of_time() || self.held().is_some()
    }

    fn held(&self) -> Option<Duration> {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No page after those under way: the account rests for so long.
    fn hold(&self, delay: Duration) {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        *hold = Some(hold.map_or(delay, |held| held.max(delay)));
    }

    fn tell(&self, standing: &Standing) {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let (done, total) = (count(standing.done), count(standing.done + standing.open));
        self.run.progress(done, total, "days");
    }

    /// One transaction about a slice. `false` from `write`: somebody else was faster, so the run is not ours.
    async fn note(
        &self,
        doing: &'static str,
        write: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<bool>,
    ) -> Result<(), JobError> {
        match noted(self.run.db(), write).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(JobError::LeaseLost),
            Err(error) => Err(JobError::retry(doing)(error)),
        }
    }
}

/// Writes something of a slice. `false`: somebody else was faster, and nothing was written.
async fn noted(
    db: &Database,
    write: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<bool>,
) -> sqlx::Result<bool> {
    // What a crash of the database takes back, it takes back whole: the page is asked for again.
    let mut tx = db.begin_unhurried().await?;
    let is_ours = write(&mut tx).await?;
    if is_ours {
        tx.commit().await?;
    }
    Ok(is_ours)
}

/// Of slices that can be worked on, those that there is room for: each report takes a place until it is ready.
fn admitted(mut slices: Vec<Slice>, reports: i64) -> Vec<Slice> {
    let mut room = REPORTS_MAX - reports;
    slices.retain(|slice| {
        let is_submit = slice.is_report && slice.state == State::Pending;
        room -= i64::from(is_submit);
        !is_submit || room >= 0
    });
    slices
}
