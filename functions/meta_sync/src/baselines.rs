//! What is usual for the brand's ads.

use chrono::Days;
use shared::{
    domain::{JobError, baseline::baselines},
    store,
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Days that a baseline looks back on, the day of the sync not included, for it is not over.
const DAYS: u64 = 30;

impl Sync<'_> {
    pub(crate) async fn baselines(&self, place: &mut Place) -> Result<End, JobError> {
        let last = place.began_on - Days::new(1);
        let range = (place.began_on - Days::new(DAYS))..=last;
        let (brand, now) = (self.reach.owner.brand_id, self.run.now());
        let days = self
            .in_tx("reading the brand's numbers", async |tx| {
                store::baselines::days(tx, brand, &range).await
            })
            .await?;
        let cohorts = baselines(&days);
        let written = self
            .in_tx("storing baselines", async |tx| {
                store::baselines::replace(tx, brand, &range, &cohorts, now).await
            })
            .await?;
        place.count(self.run, "baselines", written);
        place.succeeded(self.run, "ad_baselines", written);
        Ok(End::Over)
    }
}
