//! One page: its rows, and the note that they are stored, in one transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use super::{Insights, PAGE_LIMIT, noted};
use crate::{
    clients::meta::{Cursor, Page, PageSize, insights::Insight, insights::optional_fields},
    domain::{
        JobError, days,
        performance::{Dimensions, Performance},
        slices::Kind,
    },
    store::{
        Database, Scope, Tx,
        ads::{demographics, known, performance},
        slices::{self, Slice, Stored},
    },
};

/// Rows in the order in which they are written.
enum Rows {
    Performance(Arc<Vec<Performance>>),
    Parts(Vec<(Performance, Dimensions)>),
}

/// What else is noted of a page.
struct Note<'a> {
    next: Option<&'a str>,
    page_limit: i32,
    /// Its members, whether or not they could be read.
    members: u64,
    now: DateTime<Utc>,
}

impl<P> Insights<'_, P> {
    /// Stores a page with its cursor; with the last one, the day may be complete. Returns the slice as it goes on.
    pub(super) async fn store(
        &self,
        slice: &Slice,
        page: Page<Insight>,
    ) -> Result<Option<Slice>, JobError> {
        let mut size = PageSize::resumed(u32::try_from(slice.page_limit).unwrap_or(1), PAGE_LIMIT);
        size.recover();
        let read = u64::try_from(page.members.len()).unwrap_or(u64::MAX);
        let note = Note {
            next: page.next.as_ref().map(Cursor::as_str),
            page_limit: i32::try_from(size.get()).unwrap_or(1),
            members: read.saturating_add(page.rejected),
            now: self.run.now(),
        };
        let (rows, page_limit) = (Rows::of(slice, page.members), note.page_limit);
        let copied = self.copy(slice, &rows, &note).await;
        let is_fresh = copied.as_ref().is_ok_and(Option::is_some);
        let kept = match copied {
            Ok(None) => {
                self.keep(self.run.db(), (slice, &note), async |tx| {
                    self.write(tx, slice, &rows, note.now).await
                })
                .await
            }
            copied => copied.map(Option::unwrap_or_default),
        };
        if !kept.map_err(JobError::retry("storing a page"))? {
            return Err(JobError::LeaseLost);
        }
        Ok(page.next.map(|next| Slice {
            after_cursor: Some(next.as_str().to_owned()),
            pages: slice.pages + 1,
            page_limit,
            is_fresh,
            ..slice.clone()
        }))
    }

    /// Copies the rows of a day of which nothing was stored. `None`: something is by now, or another brand has an ad
    /// of them, and nothing was written.
    async fn copy(
        &self,
        slice: &Slice,
        rows: &Rows,
        note: &Note<'_>,
    ) -> sqlx::Result<Option<bool>> {
        let Rows::Performance(rows) = rows else {
            return Ok(None);
        };
        if !slice.is_fresh {
            return Ok(None);
        }
        let when = (note.now, days::today(note.now, self.plan.zone));
        // On another thread, as the page was read on one.
        let (owner, rows) = (self.reach.owner.clone(), Arc::clone(rows));
        let made = spawn_blocking(move || performance::Fresh::of(&owner, &rows, when));
        let fresh = made.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
        // PostgreSQL copies nothing under row-level security. Each row says whose it is: the run's organisation's.
        let everybody = self.run.db().within(Scope::Installation);
        match self
            .keep(&everybody, (slice, note), async |tx| fresh.write(tx).await)
            .await
        {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
            kept => kept.map(Some),
        }
    }

    /// Writes rows and the note of their page. `false`: somebody else was faster.
    async fn keep(
        &self,
        db: &Database,
        (slice, note): (&Slice, &Note<'_>),
        write: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<u64>,
    ) -> sqlx::Result<bool> {
        noted(db, async |tx| {
            let written = write(tx).await?;
            let rejected = note.members.saturating_sub(written);
            let stored = Stored {
                next: note.next,
                page_limit: note.page_limit,
                rows: i64::try_from(written).unwrap_or(i64::MAX),
                rejected: i64::try_from(rejected).unwrap_or(i64::MAX),
            };
            let is_ours = slices::stored_page(tx, slice, stored, note.now).await?;
            if is_ours && note.next.is_none() {
                self.complete(tx, slice).await?;
            }
            Ok(is_ours)
        })
        .await
    }

    /// Writes rows over those that are there. Returns how many were written.
    async fn write(
        &self,
        tx: &mut Tx,
        slice: &Slice,
        rows: &Rows,
        now: DateTime<Utc>,
    ) -> sqlx::Result<u64> {
        let owner = &self.reach.owner;
        let rows = match rows {
            Rows::Parts(rows) => {
                return demographics::upsert(tx, owner, slice.kind, rows, now).await;
            }
            Rows::Performance(rows) => rows,
        };
        let missing = missing_fields(slice);
        let reading = performance::Reading {
            now,
            today: days::today(now, self.plan.zone),
            sync_began: self.plan.began,
            missing: &missing,
        };
        performance::upsert(tx, owner, rows, reading).await
    }

    /// Notes the slice's day as complete, if it is, and takes in its ads.
    pub(super) async fn complete(&self, tx: &mut Tx, slice: &Slice) -> sqlx::Result<()> {
        let (owner, now) = (&self.reach.owner, self.run.now());
        let (sync, day) = ((self.plan.sync, owner), (slice.kind, slice.date));
        slices::complete(tx, sync, day, self.plan.began_on, now).await?;
        if slice.kind == Kind::Performance {
            known::register(tx, owner, slice.date, self.plan.began).await?;
        }
        Ok(())
    }
}

impl Rows {
    /// Those of the slice's day; others are not ours to write.
    fn of(slice: &Slice, mut members: Vec<Insight>) -> Self {
        members.retain(|row| row.performance.date == slice.date);
        // In one order: whoever writes the same ads at the same time waits, and never crosswise.
        members.sort_by(|a, b| place(a).cmp(&place(b)));
        // The same ad twice in a page would be two changes of one row, which Postgres refuses.
        members.dedup_by(|b, a| place(a) == place(b));
        let rows = members.into_iter();
        if slice.kind == Kind::Performance {
            return Self::Performance(Arc::new(rows.map(|row| row.performance).collect()));
        }
        Self::Parts(rows.map(|row| (row.performance, row.dimensions)).collect())
    }
}

/// Which row it is, within its day.
fn place(row: &Insight) -> (&str, &Dimensions) {
    (&row.performance.ad, &row.dimensions)
}

/// Fields that the slice does not ask for.
fn missing_fields(slice: &Slice) -> Vec<String> {
    let Some(asked) = &slice.fields else {
        return vec![];
    };
    let mut missing = optional_fields(slice.kind);
    missing.retain(|field| !asked.contains(field));
    missing
}
