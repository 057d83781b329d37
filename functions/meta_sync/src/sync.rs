//! The steps, one after the other, each until it is over or time runs short.

use std::time::Duration;

use chrono_tz::Tz;
use shared::{
    domain::{JobError, MetaSyncParams},
    runtime::Run,
    steps::ad_account::Reach,
    store::{Tx, logs::Level},
};

use crate::{
    Clients,
    place::{Place, Step},
};

/// How a step, or all of them, ended when nothing stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There is nothing left to do.
    Over,
    /// There is, but no time.
    OutOfTime,
}

/// One segment at work.
#[derive(Debug)]
pub(crate) struct Sync<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) run: &'a Run<MetaSyncParams>,
    pub(crate) reach: &'a Reach,
    pub(crate) zone: Tz,
    /// With less time left, nothing new is begun.
    pub(crate) time_left_min: Duration,
}

impl Sync<'_> {
    /// Goes on from `place` until every step is over or time runs short.
    ///
    /// # Errors
    /// [`JobError`] when the run cannot go on.
    pub(crate) async fn work(&self, place: &mut Place) -> Result<End, JobError> {
        while place.step != Step::End {
            let step = place.step;
            let ended = match (self.step(place).await, dataset(step)) {
                (
                    Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })),
                    Some(dataset),
                ) if !self.reach.is_shut() => {
                    let error = error.chain();
                    self.run.log(
                        Level::Warn,
                        format!("{dataset}: error (non-fatal): {error}"),
                    );
                    place.failed(self.run, dataset, &error);
                    End::Over
                }
                (ended, _) => ended?,
            };
            if ended == End::OutOfTime {
                return Ok(End::OutOfTime);
            }
            place.advance();
            self.run.checkpoint(Some(&place.cursor()?)).await?;
        }
        Ok(End::Over)
    }

    async fn step(&self, place: &mut Place) -> Result<End, JobError> {
        match place.step {
            Step::Plan => self.plan(place).await,
            Step::Performance => self.performance(place).await,
            Step::Campaigns => self.campaigns(place).await,
            Step::Ads => self.ads(place).await,
            Step::Looks => self.looks(place).await,
            Step::Repeat => self.repeat(place).await,
            Step::Destinations => self.destinations(place).await,
            Step::Demographics => self.demographics(place).await,
            Step::Baselines => self.baselines(place).await,
            Step::End => Ok(End::Over),
        }
    }

    /// One transaction.
    pub(crate) async fn in_tx<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<T>,
    ) -> Result<T, JobError> {
        self.run.db().in_tx(doing, work).await
    }

    /// True when no further call is to be begun: time is short.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.run.time_left() < self.time_left_min
    }

    /// After a call: a quota that is nearly used up ends the segment.
    pub(crate) async fn heed(&self) -> Result<(), JobError> {
        match self.reach.heed(self.run).await? {
            Some(delay) => Err(JobError::Snooze { by: "Meta", delay }),
            None => Ok(()),
        }
    }
}

/// What a step refreshes, when the run goes on without it.
fn dataset(step: Step) -> Option<&'static str> {
    match step {
        Step::Campaigns => Some("meta_campaigns"),
        Step::Ads => Some("ad_statuses"),
        Step::Looks => Some("ad_thumbnails"),
        Step::Destinations => Some("ad_destinations"),
        Step::Demographics => Some("demographic_performance"),
        Step::Baselines => Some("ad_baselines"),
        Step::Plan | Step::Performance | Step::Repeat | Step::End => None,
    }
}
