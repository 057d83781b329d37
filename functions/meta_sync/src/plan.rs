//! Which days to read.

use shared::{
    domain::{
        JobError,
        days::{self, Wish},
        slices::Kind,
    },
    steps::insights::PAGE_LIMIT,
    store::{
        logs::Level,
        slices::{self, read_at_age},
    },
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Most days of demographics in one sync: they have about 18 times the rows.
const DEMOGRAPHIC_DAYS_MAX: u32 = 7;

impl Sync<'_> {
    pub(crate) async fn plan(&self, place: &mut Place) -> Result<End, JobError> {
        let params = &self.run.params;
        let wish = match params.since {
            Some(since) => Wish::Backfill {
                since,
                until: params.until,
            },
            None => Wish::Recent {
                days_back: params.days_back.get(),
                restatement_days: params.restatement_days.get(),
            },
        };
        let account = &self.reach.owner.account;
        let name = self.reach.account.name.as_deref().unwrap_or(account);
        self.run
            .log(Level::Info, format!("Syncing {account} ({name})"));
        if params.since.is_none() {
            self.run.log(
                Level::Info,
                format!("Days back: {}", params.days_back.get()),
            );
        }
        let planned = self.in_tx("planning days", async |tx| {
            let read = read_at_age(tx, &self.reach.owner, Kind::Performance).await?;
            let plan = days::plan(place.began_on, wish, &read);
            self.write(
                tx,
                place,
                Kind::Performance,
                plan.days.iter().copied().collect(),
            )
            .await?;
            if !params.skip_demographics {
                let recent: Vec<_> = self.demographic_days(place, &plan);
                for kind in [Kind::AgeGender, Kind::Placement] {
                    self.write(tx, place, kind, recent.clone()).await?;
                }
            }
            Ok(plan)
        });
        let plan = planned.await?;
        for note in &plan.notes {
            self.run.log(Level::Warn, note);
            place.warn(note);
        }
        if let (Some(first), Some(last)) = (plan.days.first(), plan.days.last()) {
            let count = plan.days.len();
            let line = format!(
                "{count} days to read, from {first} to {last} ({} in the account)",
                self.zone
            );
            self.run.log(Level::Info, line);
        }
        Ok(End::Over)
    }

    /// The last days of what is planned.
    fn demographic_days(&self, place: &Place, plan: &days::Plan) -> Vec<chrono::NaiveDate> {
        let params = &self.run.params;
        let days_back = params.days_back.get().min(DEMOGRAPHIC_DAYS_MAX);
        let last = plan.range.map_or(place.began_on, |(_, last)| last);
        let first = last - chrono::Days::new(days_back.into());
        let days = first.iter_days().take_while(|day| *day <= last);
        days.filter(|day| params.since.is_none() || plan.days.contains(day))
            .collect()
    }

    async fn write(
        &self,
        tx: &mut shared::store::Tx,
        place: &Place,
        kind: Kind,
        days: Vec<chrono::NaiveDate>,
    ) -> sqlx::Result<()> {
        let sync = (place.sync(), self.reach.owner.account.as_str());
        let page_limit = i32::try_from(PAGE_LIMIT).unwrap_or(1);
        slices::plan(tx, sync, kind, &days, (page_limit, false), self.run.now()).await
    }
}
