//! Which ads there are, and whether they are delivered.

use shared::{
    clients::meta::{AdFacts, Class, Cursor, PageSize},
    domain::JobError,
    store::ads::known::{self, Ad},
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Ads asked about by name in one call. **Source:** Graph API, "Read multiple objects".
const GROUP_MAX: i64 = 50;

/// With more ads than this to ask about, the whole account is listed: 500 a call instead of 50.
const LIST_FROM: i64 = 1_000;

/// Ads per page of the whole list.
const PAGE_MAX: u32 = 500;

/// Marks, in place of a cursor, that the whole list is through.
const LISTED: &str = "listed";

/// What this step keeps fresh.
const DATASET: &str = "ad_statuses";

impl Sync<'_> {
    pub(crate) async fn ads(&self, place: &mut Place) -> Result<End, JobError> {
        let (total, _) = self.without_status(place).await?;
        let wants_all = self.run.params.include_inactive || total > LIST_FROM;
        if (wants_all || place.after.is_some()) && self.list(place).await? == End::OutOfTime {
            return Ok(End::OutOfTime);
        }
        loop {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let (_, ads) = self.without_status(place).await?;
            if ads.is_empty() {
                break;
            }
            let named: Vec<&str> = ads.iter().map(String::as_str).collect();
            let found = match self.reach.meta.ads(&self.reach.owner.account, &named).await {
                Ok(found) => found,
                Err(error) => return Err(self.reach.stop(self.run, error).await),
            };
            self.store(place, found, &named).await?;
            self.heed().await?;
        }
        let ads = place.counted(DATASET);
        place.succeeded(self.run, DATASET, ads);
        Ok(End::Over)
    }

    async fn without_status(&self, place: &Place) -> Result<(i64, Vec<String>), JobError> {
        self.in_tx("finding ads", async |tx| {
            known::without_status(tx, &self.reach.owner, place.began, GROUP_MAX).await
        })
        .await
    }

    /// Lists every ad of the account. The cursor is kept, and given up when Meta has forgotten it.
    async fn list(&self, place: &mut Place) -> Result<End, JobError> {
        let mut size = PageSize::new(PAGE_MAX);
        let mut is_old_cursor = true;
        while place.after.as_deref() != Some(LISTED) {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let cursor = place.after.clone().map(Cursor::stored);
            let page = (size.get(), cursor.as_ref());
            let page = match self
                .reach
                .meta
                .all_ads(&self.reach.owner.account, page)
                .await
            {
                Ok(page) => page,
                Err(error) if error.class() == Class::ReduceData && size.shrink() => continue,
                Err(error)
                    if error.class() == Class::Permanent && cursor.is_some() && is_old_cursor =>
                {
                    place.after = None;
                    continue;
                }
                Err(error) => return Err(self.reach.stop(self.run, error).await),
            };
            (is_old_cursor, place.after) = (false, Some(LISTED.to_owned()));
            if let Some(next) = &page.next {
                place.after = Some(next.as_str().to_owned());
            }
            size.recover();
            self.store(place, page.members, &[]).await?;
            self.run.checkpoint(Some(&place.cursor()?)).await?;
            self.heed().await?;
        }
        Ok(End::Over)
    }

    /// Writes ads; of those `asked` about by name, Meta may not know all.
    async fn store(
        &self,
        place: &mut Place,
        found: Vec<AdFacts>,
        asked: &[&str],
    ) -> Result<(), JobError> {
        let mut rows: Vec<Ad> = found
            .into_iter()
            .filter_map(|ad| {
                let creative = ad.creative_id().map(str::to_owned);
                Some(Ad {
                    id: ad.id.filter(|id| id.bytes().all(|b| b.is_ascii_digit()))?,
                    name: ad.name,
                    status: ad.effective_status,
                    adset: ad.adset_id,
                    campaign: ad.campaign_id,
                    creative,
                })
            })
            .collect();
        // Postgres does not change a row twice in one statement.
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        rows.dedup_by(|one, other| one.id == other.id);
        let is_found = |id: &&str| rows.iter().any(|row| row.id == *id);
        let unknown: Vec<&str> = asked.iter().copied().filter(|id| !is_found(id)).collect();
        let now = self.run.now();
        self.in_tx("storing ads", async |tx| {
            known::upsert(tx, &self.reach.owner, &rows, now).await?;
            known::status_unknown(tx, &self.reach.owner, &unknown, now).await
        })
        .await?;
        place.count(
            self.run,
            DATASET,
            u64::try_from(rows.len()).unwrap_or_default(),
        );
        Ok(())
    }
}
