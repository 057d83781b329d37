//! What becomes of a slice when an answer does not come.

use super::Insights;
use crate::{
    clients::meta::{Class, MetaError, insights::optional_fields},
    domain::{
        JobError,
        slices::{Asked, Next, Trouble, after},
    },
    store::{
        logs::Level,
        slices::{self, Slice, State},
    },
};

impl<P> Insights<'_, P> {
    /// Decides what becomes of a slice whose page did not come.
    pub(super) async fn trouble(
        &self,
        slice: &Slice,
        error: MetaError,
        is_old_cursor: bool,
    ) -> Result<(), JobError> {
        let trouble = match error.class() {
            Class::Throttled => {
                let stop = self.reach.stop(self.run, error).await;
                let JobError::Snooze { delay, .. } = stop else {
                    return Err(stop);
                };
                self.hold(delay);
                return Ok(());
            }
            Class::Auth | Class::Config | Class::Blocked | Class::Permission => {
                return Err(self.reach.stop(self.run, error).await);
            }
            Class::MissingObject if slice.state != State::Ready => {
                return Err(self.reach.stop(self.run, error).await);
            }
            Class::MissingObject => Trouble::Gone,
            Class::ClampStart => {
                let text = format!("{}: Meta does not keep this day any more", slice.date);
                return self.end(slice, true, &text).await;
            }
            Class::ReduceData => Trouble::TooMuch,
            Class::Transient => Trouble::Passing,
            Class::Permanent | Class::Bisect | Class::SkipStep => {
                if let Some(field) = retired_field(slice, &error) {
                    return self.leave_out(slice, &field, &error).await;
                }
                if is_old_cursor {
                    Trouble::Gone
                } else {
                    Trouble::Refused
                }
            }
        };
        self.follow(slice, trouble, &error.to_string()).await
    }

    /// Carries out what follows from a trouble.
    pub(super) async fn follow(
        &self,
        slice: &Slice,
        trouble: Trouble,
        error: &str,
    ) -> Result<(), JobError> {
        let attempts = u32::try_from(slice.attempts).unwrap_or_default() + 1;
        let is_report = slice.is_report;
        let next = after(
            trouble,
            Asked {
                is_report,
                attempts,
            },
        );
        let now = self.run.now();
        tracing::debug!(slice.id, ?trouble, ?next, error, "a slice did not come");
        match next {
            Next::Again(wait) => {
                let due = (now + wait, error);
                self.note("beginning a slice anew", async |tx| {
                    slices::again(tx, slice, is_report, due).await
                })
                .await
            }
            Next::AsReport => {
                self.note("asking for a report instead", async |tx| {
                    slices::again(tx, slice, true, (now, error)).await
                })
                .await
            }
            Next::Split => self.cut(slice, error).await,
            Next::Fail => self.end(slice, false, error).await,
        }
    }

    /// Ends a slice without all of its rows: given up, or (`is_done`) since there is no more to have.
    pub(super) async fn end(
        &self,
        slice: &Slice,
        is_done: bool,
        error: &str,
    ) -> Result<(), JobError> {
        let level = if is_done { Level::Info } else { Level::Warn };
        self.run.log(
            level,
            format!("{} {}: {error}", slice.kind.name(), slice.date),
        );
        self.note("ending a slice", async |tx| {
            let is_ours = slices::fail(tx, slice, (is_done, error), self.run.now()).await?;
            if is_ours && is_done {
                self.complete(tx, slice).await?;
            }
            Ok(is_ours)
        })
        .await
    }

    /// Goes on without a field that Meta does not know any more.
    async fn leave_out(
        &self,
        slice: &Slice,
        field: &str,
        error: &MetaError,
    ) -> Result<(), JobError> {
        let account = &self.reach.owner.account;
        self.run.log(
            Level::Warn,
            format!("{account}: {field} is left out of this sync, for Meta refuses it ({error})"),
        );
        let all = optional_fields(slice.kind);
        self.note("leaving a field out", async |tx| {
            slices::drop_field(tx, slice, (&all, field)).await?;
            Ok(true)
        })
        .await
    }
}

/// The field of the slice that the error names as unknown.
fn retired_field(slice: &Slice, error: &MetaError) -> Option<String> {
    let MetaError::Graph(error) = error else {
        return None;
    };
    let optional = optional_fields(slice.kind);
    let asked = slice.fields.as_ref().unwrap_or(&optional);
    error.names(asked).map(str::to_owned)
}
