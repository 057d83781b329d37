//! What is known of ads, in the rows of their numbers.

use shared::{domain::JobError, store::ads::repeated};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Ads in one statement: each may have a row for every day of 37 months, and a statement half a minute.
const ADS_AT_ONCE: i64 = 50;

impl Sync<'_> {
    pub(crate) async fn repeat(&self, place: &mut Place) -> Result<End, JobError> {
        loop {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let after = place.after.clone().unwrap_or_default();
            let last = self
                .in_tx("repeating what is known of ads", async |tx| {
                    let part = (after.as_str(), ADS_AT_ONCE);
                    repeated::repeat_in_numbers(tx, &self.reach.owner, place.began, part).await
                })
                .await?;
            let Some(last) = last else {
                return Ok(End::Over);
            };
            place.after = Some(last);
            self.run.checkpoint(Some(&place.cursor()?)).await?;
        }
    }
}
