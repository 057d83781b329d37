//! Reports: asked for, looked at, and read once they are ready.

use chrono::TimeDelta;

use super::{Insights, slice::question};
use crate::{
    clients::meta::{Class, MetaError, ReportState},
    domain::{
        JobError,
        slices::{REPORT_TIME_MAX, Trouble, poll_wait},
    },
    store::slices::{self, Slice},
};

impl<P> Insights<'_, P> {
    /// Asks for a slice's report.
    pub(super) async fn submit(&self, slice: &Slice) -> Result<(), JobError> {
        let account = &self.reach.owner.account;
        let submitted = self
            .reach
            .meta
            .submit_report(account, &question(slice))
            .await;
        if let Some(delay) = self.reach.heed(self.run).await? {
            self.hold(delay);
        }
        match submitted {
            Ok(report) => {
                let wait = (self.run.now(), poll_wait(0));
                self.note("noting a report", async |tx| {
                    slices::submitted(tx, slice, &report, wait).await
                })
                .await
            }
            Err(error) => self.trouble(slice, error, false).await,
        }
    }

    /// Looks at the reports of these slices.
    pub(super) async fn look_at_reports(&self, slices: Vec<Slice>) -> Result<(), JobError> {
        let ids: Vec<&str> = slices
            .iter()
            .filter_map(|it| it.report_run_id.as_deref())
            .collect();
        if ids.is_empty() || self.is_to_stop() {
            return Ok(());
        }
        let mut states = match self.reach.meta.report_states(&ids).await {
            Ok(states) => states,
            Err(error) => return self.not_looked_at(error).await,
        };
        for slice in &slices {
            let id = slice.report_run_id.as_deref().unwrap_or_default();
            self.follow_report(slice, states.remove(id)).await?;
        }
        Ok(())
    }

    async fn not_looked_at(&self, error: MetaError) -> Result<(), JobError> {
        let stop = self.reach.stop(self.run, error).await;
        match stop {
            JobError::Snooze { delay, .. } => {
                self.hold(delay);
                Ok(())
            }
            stop => Err(stop),
        }
    }

    async fn follow_report(
        &self,
        slice: &Slice,
        state: Option<ReportState>,
    ) -> Result<(), JobError> {
        let now = self.run.now();
        let age = now - slice.submitted_at.unwrap_or(now);
        match state {
            Some(ReportState::Completed) => {
                self.note("noting that a report is ready", async |tx| {
                    slices::ready(tx, slice).await
                })
                .await
            }
            Some(ReportState::Gone) => {
                self.follow(slice, Trouble::Gone, "the report has expired")
                    .await
            }
            Some(ReportState::Failed(error)) => {
                let trouble = match error.class() {
                    Class::ReduceData => Trouble::TooMuch,
                    Class::Permanent => Trouble::Refused,
                    _ => Trouble::Passing,
                };
                self.follow(slice, trouble, &error.to_string()).await
            }
            Some(ReportState::Pending(percent)) if age > REPORT_TIME_MAX => {
                let text = format!(
                    "the report is at {percent} % after {} minutes",
                    age.num_minutes()
                );
                self.follow(slice, Trouble::Passing, &text).await
            }
            Some(ReportState::Pending(_)) | None => {
                let polls = u32::try_from(slice.polls).unwrap_or_default() + 1;
                let wait: TimeDelta = poll_wait(polls);
                self.note("noting that a report is not ready", async |tx| {
                    slices::still_pending(tx, slice, now + wait).await
                })
                .await
            }
        }
    }
}
