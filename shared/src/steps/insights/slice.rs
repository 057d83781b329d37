//! One slice: its pages, one after the other.

use crate::{
    clients::meta::{
        Class, Cursor, MetaError, Page, PageSize,
        insights::{Insight, Question},
    },
    domain::JobError,
    store::slices::{self, Slice, State},
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
