//! What ads show and say: thumbnails, videos, text.

use std::collections::HashMap;

use chrono::Days;
use shared::{
    clients::meta::{
        Class, Creative,
        destination::{ad_copy, destination, is_video, library_video_id},
    },
    domain::{JobError, ads::Destination},
    store::ads::looks::{self, Looks},
};

use crate::{
    place::Place,
    sync::{End, Sync},
};

/// Ads asked about in one call. **Source:** Graph API, "Read multiple objects".
const GROUP_MAX: usize = 50;

/// Most ads in one run: 20 calls. Those with the highest spend come first, the others in later runs.
const LOOKS_MAX: u64 = 1_000;

/// Ads without numbers in so many days are left as they are.
const RECENT_DAYS: u64 = 30;

/// What this step keeps fresh.
const DATASET: &str = "ad_thumbnails";

impl Sync<'_> {
    pub(crate) async fn looks(&self, place: &mut Place) -> Result<End, JobError> {
        let recent = place.began_on - Days::new(RECENT_DAYS);
        let left = LOOKS_MAX.saturating_sub(place.counted("looks_asked"));
        let wanted = self
            .in_tx("finding ads whose looks are not known", async |tx| {
                let part = (self.run.now(), i64::try_from(left).unwrap_or_default());
                looks::without_looks(tx, &self.reach.owner, recent, part).await
            })
            .await?;
        for ads in wanted.chunks(GROUP_MAX) {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            self.read_looks(place, ads).await?;
            self.run.checkpoint(None).await?;
            self.heed().await?;
        }
        let read = place.counted("creatives_read");
        place.succeeded(self.run, DATASET, read);
        Ok(End::Over)
    }

    /// Asks for a group of ads, and stores what they show.
    async fn read_looks(&self, place: &mut Place, ads: &[String]) -> Result<(), JobError> {
        let named: Vec<&str> = ads.iter().map(String::as_str).collect();
        let found = self.read_creatives(&named).await?;
        let rows: Vec<Looks> = found
            .iter()
            .map(|(ad, creative)| looks_of(ad, creative))
            .collect();
        let now = self.run.now();
        self.in_tx("storing what ads show", async |tx| {
            looks::record_looks(tx, &self.reach.owner, (&named, &rows), now).await
        })
        .await?;
        let count = |number: usize| u64::try_from(number).unwrap_or_default();
        place.count(self.run, "looks_asked", count(named.len()));
        place.count(self.run, "creatives_read", count(rows.len()));
        Ok(())
    }

    /// The creatives of ads; fewer at a time when Meta finds the whole too much.
    async fn read_creatives(&self, ads: &[&str]) -> Result<HashMap<String, Creative>, JobError> {
        let mut found = HashMap::new();
        let mut groups = vec![ads];
        while let Some(group) = groups.pop() {
            match self
                .reach
                .meta
                .creatives(&self.reach.owner.account, group)
                .await
            {
                Ok(creatives) => found.extend(creatives),
                Err(error) if error.class() == Class::ReduceData && group.len() > 1 => {
                    let (one, other) = group.split_at(group.len() / 2);
                    groups.extend([one, other]);
                }
                Err(error) if error.class() == Class::ReduceData => {}
                Err(error) => return Err(self.reach.stop(self.run, error).await),
            }
        }
        Ok(found)
    }
}

fn looks_of(ad: &str, creative: &Creative) -> Looks {
    let destination_url = match destination(Some(creative)) {
        Destination::Found { url, .. } => Some(url),
        Destination::NoLink | Destination::Inconclusive => None,
    };
    Looks {
        ad: ad.to_owned(),
        creative: creative.id.clone(),
        object_type: creative.object_type.clone(),
        thumbnail_url: creative.thumbnail_url.clone(),
        video_id: library_video_id(creative).map(str::to_owned),
        is_video: is_video(creative),
        copy: ad_copy(creative),
        destination_url,
    }
}
