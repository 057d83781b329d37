//! Where ads lead.

use shared::{
    domain::JobError,
    steps::destinations::{self, Wanted},
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Spend of so many days decides which ads come first.
const SPEND_WINDOW_DAYS: u32 = 30;

impl Sync<'_> {
    pub(crate) async fn destinations(&self, place: &mut Place) -> Result<End, JobError> {
        let limit = self.run.params.destination_limit.get();
        if limit == 0 {
            return Ok(End::Over);
        }
        let wanted = Wanted {
            limit,
            today: place.began_on,
            spend_window_days: SPEND_WINDOW_DAYS,
            time_left_min: self.time_left_min,
        };
        let before = place.destinations;
        let mut tally = before;
        let ended = destinations::sync(self.run, self.reach, wanted, &mut tally).await;
        place.destinations = tally;
        place.count(
            self.run,
            "destinations_asked",
            tally.fetched - before.fetched,
        );
        place.count(
            self.run,
            "destinations_stored",
            tally.stored - before.stored,
        );
        if !ended? {
            return Ok(End::OutOfTime);
        }
        place.succeeded(self.run, "ad_destinations", place.destinations.stored);
        Ok(End::Over)
    }
}
