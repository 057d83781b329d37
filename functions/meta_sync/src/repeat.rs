//! What is known of ads, in the rows of their numbers.

use shared::{domain::JobError, store::ads::repeated};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Ads in one statement: each may have a row for every day of 37 months, and a statement half a minute.
const ADS_AT_ONCE: usize = 50;

/// Ads looked up at once.
const FOUND_MAX: i64 = 5_000;

impl Sync<'_> {
    pub(crate) async fn repeat(&self, place: &mut Place) -> Result<End, JobError> {
        const DOING: &str = "repeating what is known of ads";
        let (owner, began) = (&self.reach.owner, place.began);
        loop {
            let after = place.after.clone().unwrap_or_default();
            let ads = self.in_tx(DOING, async |tx| {
                repeated::ads(tx, owner, began, (&after, FOUND_MAX)).await
            });
            let ads = ads.await?;
            if ads.is_empty() {
                return Ok(End::Over);
            }
            for part in ads.chunks(ADS_AT_ONCE) {
                if self.is_short_of_time() {
                    return Ok(End::OutOfTime);
                }
                self.in_tx(DOING, async |tx| {
                    repeated::repeat_in_numbers(tx, owner, began, part).await
                })
                .await?;
                place.after = part.last().cloned();
                self.run.checkpoint(Some(&place.cursor()?)).await?;
            }
        }
    }
}
