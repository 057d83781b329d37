//! Numbers per ad and day, and by who saw the ads.

use chrono::{Days, NaiveDate};
use shared::{
    domain::{JobError, MetaSyncParams, slices::Kind},
    steps::insights::{self, Insights},
    store::{ads::known, logs::Level, slices},
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// What this job keeps fresh above all.
pub(crate) const DATASET: &str = "meta_ads_performance";

/// Days in one statement, besides the last: each may have a row for every ad, and a statement half a minute.
const DAYS_AT_ONCE: Days = Days::new(29);

/// Failures told one by one.
const FAILURES_MAX: i64 = 20;

impl Sync<'_> {
    /// Numbers per ad and day. Any day that is missing fails the run: what is stored is not the whole.
    pub(crate) async fn performance(&self, place: &mut Place) -> Result<End, JobError> {
        let kinds = [Kind::Performance];
        if self.run.attempt > 1 && self.run.segment <= 1 {
            self.take_up_failed(place, &kinds).await?;
            // What they bring is noted too.
            place.after = None;
        }
        let insights::End::Over(standing) = self.insights(place, &kinds).work().await? else {
            return Ok(End::OutOfTime);
        };
        let rows = u64::try_from(standing.rows).unwrap_or_default();
        let rejected = u64::try_from(standing.rejected).unwrap_or_default();
        if self.renew_ads(place).await? == End::OutOfTime {
            return Ok(End::OutOfTime);
        }
        let (failures, ads) = self
            .in_tx("looking at what was read", async |tx| {
                let failures =
                    slices::failures(tx, place.sync(), &[Kind::Performance.name()], FAILURES_MAX)
                        .await?;
                let ads = known::count(tx, &self.reach.owner, place.began).await?;
                Ok((failures, ads))
            })
            .await?;
        place.set(self.run, "rows_inserted", rows);
        place.set(
            self.run,
            "ads_synced",
            u64::try_from(ads).unwrap_or_default(),
        );
        place.set(
            self.run,
            "days_read",
            u64::try_from(standing.done).unwrap_or_default(),
        );
        all_are_there(&failures)?;
        if rejected > 0 {
            let line =
                format!("{rejected} rows could not be stored: they name no ad of this account");
            if rows == 0 {
                return Err(JobError::retry("storing rows, of which none could be")(
                    line,
                ));
            }
            place.warn(line);
        }
        for failure in failures {
            place.warn(failure.error);
        }
        if rows == 0 {
            self.run
                .log(Level::Info, "No insights returned from Meta API");
        }
        place.succeeded(self.run, DATASET, rows);
        Ok(End::Over)
    }

    /// Notes what the newest day of this sync says of the ads with numbers, the newest days first.
    async fn renew_ads(&self, place: &mut Place) -> Result<End, JobError> {
        const DOING: &str = "noting the ads with numbers";
        let planned = self.in_tx(DOING, async |tx| {
            slices::planned(tx, place.sync(), Kind::Performance).await
        });
        let Some((first, last)) = planned.await? else {
            return Ok(End::Over);
        };
        let resumed = place.after.as_ref().and_then(|day| day.parse().ok());
        let mut last: NaiveDate = resumed.unwrap_or(last);
        while last >= first {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let days = (first.max(last - DAYS_AT_ONCE), last);
            self.in_tx(DOING, async |tx| {
                known::renew(tx, &self.reach.owner, days, place.began).await
            })
            .await?;
            last = days.0 - Days::new(1);
            place.after = Some(last.to_string());
            self.run.checkpoint(Some(&place.cursor()?)).await?;
        }
        Ok(End::Over)
    }

    /// Numbers by age, gender and placement. The run does not fail without them.
    pub(crate) async fn demographics(&self, place: &mut Place) -> Result<End, JobError> {
        if self.run.params.skip_demographics {
            return Ok(End::Over);
        }
        let kinds = [Kind::AgeGender, Kind::Placement];
        let insights::End::Over(standing) = self.insights(place, &kinds).work().await? else {
            return Ok(End::OutOfTime);
        };
        let names = kinds.map(Kind::name);
        let failures = self
            .in_tx("looking at what was read", async |tx| {
                slices::failures(tx, place.sync(), &names, FAILURES_MAX).await
            })
            .await?;
        let rows = u64::try_from(standing.rows).unwrap_or_default();
        place.set(self.run, "demographic_rows", rows);
        if let Some(first) = failures.iter().find(|failure| failure.is_failed) {
            let line = format!("{} of {}: {}", first.kind.name(), first.date, first.error);
            return Err(JobError::retry("reading demographics of every day")(line));
        }
        for failure in failures {
            place.warn(failure.error);
        }
        place.succeeded(self.run, "demographic_performance", rows);
        Ok(End::Over)
    }

    fn insights<'b>(&'b self, place: &Place, kinds: &'b [Kind]) -> Insights<'b, MetaSyncParams> {
        let plan = insights::Plan {
            sync: place.sync(),
            kinds,
            began: place.began,
            began_on: place.began_on,
            zone: self.zone,
            patience: self.clients.patience,
        };
        Insights::new(self.run, self.reach, plan, self.time_left_min)
    }

    async fn take_up_failed(&self, place: &Place, kinds: &[Kind]) -> Result<(), JobError> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let count = self
            .in_tx("taking up what failed", async |tx| {
                slices::retry_failed(tx, place.sync(), &names).await
            })
            .await?;
        if count > 0 {
            self.run.log(
                Level::Info,
                format!("{count} parts of days that failed are read again"),
            );
        }
        Ok(())
    }
}

/// That no part of a day is missing.
fn all_are_there(failures: &[slices::Failure]) -> Result<(), JobError> {
    let failed: Vec<_> = failures.iter().filter(|it| it.is_failed).collect();
    let Some(first) = failed.first() else {
        return Ok(());
    };
    let line = format!(
        "{} parts of days are missing; the first, of {}: {}",
        failed.len(),
        first.date,
        first.error
    );
    Err(JobError::retry("reading the numbers of every day")(line))
}
