//! Campaigns: names, budgets and objectives.

use shared::{
    domain::JobError,
    store::ads::campaigns::{self, Campaign},
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Campaigns asked about in one call. **Source:** Graph API, "Read multiple objects".
const GROUP_MAX: i64 = 50;

impl Sync<'_> {
    pub(crate) async fn campaigns(&self, place: &mut Place) -> Result<End, JobError> {
        let owner = &self.reach.owner;
        loop {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let ids = self
                .in_tx("finding campaigns", async |tx| {
                    campaigns::to_look_up(tx, owner, place.began, GROUP_MAX).await
                })
                .await?;
            if ids.is_empty() {
                break;
            }
            let named: Vec<&str> = ids.iter().map(String::as_str).collect();
            let mut found = match self.reach.meta.campaigns(&named).await {
                Ok(found) => found,
                Err(error) => return Err(self.reach.stop(self.run, error).await),
            };
            let currency = self.reach.account.currency.as_deref();
            let count = found.len();
            let rows: Vec<Campaign> = ids
                .into_iter()
                .map(|id| {
                    let facts = found.remove(&id).unwrap_or_default();
                    let (daily_budget, lifetime_budget) = facts.budgets(currency);
                    Campaign {
                        id,
                        name: facts.name,
                        status: facts.status,
                        objective: facts.objective,
                        daily_budget,
                        lifetime_budget,
                    }
                })
                .collect();
            self.in_tx("storing campaigns", async |tx| {
                campaigns::upsert(tx, owner, &rows, self.run.now()).await
            })
            .await?;
            place.count(
                self.run,
                "campaigns",
                u64::try_from(count).unwrap_or_default(),
            );
            self.heed().await?;
        }
        let campaigns = place.counted("campaigns");
        place.succeeded(self.run, "meta_campaigns", campaigns);
        Ok(End::Over)
    }
}
