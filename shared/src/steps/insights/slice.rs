//! One slice: its pages, one after the other.

use std::collections::BTreeSet;

use crate::{
    clients::meta::{
        Class, Cursor, MetaError, Page, PageSize,
        insights::{Insight, Question, optional_fields},
    },
    domain::{
        JobError, days,
        performance::{Dimensions, Performance},
        slices::Kind,
    },
    store::{
        Tx,
        ads::{demographics, known, performance},
        slices::{self, Slice, State, Stored},
    },
};

use super::{Insights, PAGE_LIMIT};

/// A page that is refused at this size is not refused for its size.
const PAGE_LIMIT_MIN: u32 = 25;

impl<P> Insights<'_, P> {
    /// Asks for the slice until it is over or waits, or no further page is to be asked for.
    pub(super) async fn advance_one(&self, mut slice: Slice) -> Result<(), JobError> {
        // A cursor of an earlier invocation may have expired.
        let mut is_old_cursor = slice.after_cursor.is_some();
        while !self.is_to_stop() {
            if slice.is_report && slice.state == State::Pending {
                return self.submit(&slice).await;
            }
            let page = self.ask(&slice).await;
            if let Some(delay) = self.reach.heed(self.run).await? {
                self.hold(delay);
            }
            match page {
                Ok(page) => {
                    let next = self.store(&slice, page).await?;
                    let Some(next) = next else { return Ok(()) };
                    (slice, is_old_cursor) = (next, false);
                }
                Err(error) => match self.shrunk(&slice, &error).await? {
                    Some(smaller) => slice = smaller,
                    None => return self.trouble(&slice, error, is_old_cursor).await,
                },
            }
        }
        Ok(())
    }

    async fn ask(&self, slice: &Slice) -> Result<Page<Insight>, MetaError> {
        let cursor = slice.after_cursor.clone().map(Cursor::stored);
        let place = (
            u32::try_from(slice.page_limit).unwrap_or(PAGE_LIMIT),
            cursor.as_ref(),
        );
        match &slice.report_run_id {
            Some(report) if slice.state == State::Ready => {
                self.reach.meta.report_rows(report, place).await
            }
            _ => {
                let account = &self.reach.owner.account;
                self.reach
                    .meta
                    .insights(account, &question(slice), place)
                    .await
            }
        }
    }

    /// Stores a page with its cursor; with the last one, the day may be complete. Returns the slice as it goes on.
    async fn store(&self, slice: &Slice, page: Page<Insight>) -> Result<Option<Slice>, JobError> {
        let mut size = PageSize::resumed(u32::try_from(slice.page_limit).unwrap_or(1), PAGE_LIMIT);
        size.recover();
        let page_limit = i32::try_from(size.get()).unwrap_or(1);
        let read = u64::try_from(page.members.len()).unwrap_or(u64::MAX);
        let (members, next, mut rejected) = (page.members, page.next, page.rejected);
        self.note("storing a page", async |tx| {
            let written = self.write(tx, slice, members).await?;
            rejected += read.saturating_sub(written);
            let stored = Stored {
                next: next.as_ref().map(Cursor::as_str),
                page_limit,
                rows: i64::try_from(written).unwrap_or(i64::MAX),
                rejected: i64::try_from(rejected).unwrap_or(i64::MAX),
            };
            let is_ours = slices::stored_page(tx, slice, stored, self.run.now()).await?;
            if is_ours && next.is_none() {
                self.complete(tx, slice).await?;
            }
            Ok(is_ours)
        })
        .await?;
        Ok(next.map(|next| Slice {
            after_cursor: Some(next.as_str().to_owned()),
            pages: slice.pages + 1,
            page_limit,
            ..slice.clone()
        }))
    }

    /// Writes rows; those of another day than asked for are not ours to write. Returns how many were written.
    async fn write(&self, tx: &mut Tx, slice: &Slice, members: Vec<Insight>) -> sqlx::Result<u64> {
        let mut seen = BTreeSet::new();
        let (date, owner, now) = (slice.date, &self.reach.owner, self.run.now());
        // The same ad twice in a page would be two changes of one row, which Postgres refuses.
        let rows = members.into_iter().filter(|row| {
            let Dimensions {
                age,
                gender,
                publisher_platform,
                platform_position,
            } = row.dimensions.clone();
            let key = (
                row.performance.ad.clone(),
                age,
                gender,
                publisher_platform,
                platform_position,
            );
            row.performance.date == date && seen.insert(key)
        });
        if slice.kind == Kind::Performance {
            let mut rows: Vec<Performance> = rows.map(|row| row.performance).collect();
            // In one order: whoever writes the same ads at the same time waits, and never crosswise.
            rows.sort_unstable_by(|a, b| a.ad.cmp(&b.ad));
            let missing = missing_fields(slice);
            let reading = performance::Reading {
                now,
                today: days::today(now, self.plan.zone),
                sync_began: self.plan.began,
                missing: &missing,
            };
            return performance::upsert(tx, owner, &rows, reading).await;
        }
        let mut rows: Vec<_> = rows.map(|row| (row.performance, row.dimensions)).collect();
        rows.sort_unstable_by(|(a, at), (b, bt)| (&a.ad, at).cmp(&(&b.ad, bt)));
        demographics::upsert(tx, owner, slice.kind, &rows, now).await
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

    /// The slice with a smaller page, when that is what Meta asks for in the middle of a list.
    async fn shrunk(&self, slice: &Slice, error: &MetaError) -> Result<Option<Slice>, JobError> {
        let is_begun = slice.pages > 0 || slice.state == State::Ready;
        let now = u32::try_from(slice.page_limit).unwrap_or(1);
        let mut size = PageSize::resumed(now, PAGE_LIMIT);
        if error.class() != Class::ReduceData || !is_begun || now <= PAGE_LIMIT_MIN {
            return Ok(None);
        }
        size.shrink();
        let page_limit = i32::try_from(size.get()).unwrap_or(1);
        self.note("asking for less", async |tx| {
            slices::shrink(tx, slice, page_limit).await
        })
        .await?;
        Ok(Some(Slice {
            page_limit,
            ..slice.clone()
        }))
    }
}

/// What to ask for.
pub(super) fn question(slice: &Slice) -> Question<'_> {
    Question {
        kind: slice.kind,
        date: slice.date,
        scope: slice.scope.as_ref().map(|scope| &scope.0),
        fields: slice.fields.as_deref(),
    }
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
