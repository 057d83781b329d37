//! Where ads lead: asked 50 at a time, those with the highest recent spend first.

use std::{collections::HashMap, time::Duration};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ad_account::Reach;
use crate::{
    clients::meta::{Class, Creative, destination::destination},
    domain::{
        JobError,
        ads::{Destination, ReadAd},
    },
    runtime::Run,
    store::destinations::{self, candidates},
};

/// Ads asked about in one call. **Source:** Graph API, "Read multiple objects".
const GROUP_MAX: usize = 50;

/// Which ads to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// At most so many.
    pub limit: u32,
    /// Today, where the account is.
    pub today: NaiveDate,
    /// Spend of so many days decides which come first.
    pub spend_window_days: u32,
    /// With less time left than this, nothing new is begun.
    pub time_left_min: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Ads asked about.
    pub fetched: u64,
    /// Ads with a destination.
    pub stored: u64,
    /// Ads that lead nowhere.
    pub no_url: u64,
    /// Of those stored, ads with several links.
    pub multi_url: u64,
    /// Ads that were not told of.
    pub inconclusive: u64,
}

impl Tally {
    /// The counts of the invocation before, from its cursor.
    #[must_use]
    pub fn resume(cursor: Option<&Value>) -> Self {
        let read = cursor.and_then(|cursor| Self::deserialize(cursor).ok());
        read.unwrap_or_default()
    }
}

/// Asks where ads lead and writes it down, group by group; `false` when time ran short before the last. An ad is not
/// asked about twice, so a later invocation goes on where this one stopped.
///
/// # Errors
/// What [`Reach::stop`] makes of Meta's error; `Retry` when the database does not answer.
pub async fn sync<P>(
    run: &Run<P>,
    reach: &Reach,
    wanted: Wanted,
    tally: &mut Tally,
) -> Result<bool, JobError> {
    const DOING: &str = "finding ads whose destination is not known";
    let left = u64::from(wanted.limit).saturating_sub(tally.fetched);
    let since = wanted.today - Days::new(wanted.spend_window_days.into());
    let account = (reach.owner.brand_id, reach.owner.account.as_str());
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let limit = u32::try_from(left).unwrap_or(u32::MAX);
    let ads = candidates(&mut tx, account, since, limit, run.now()).await;
    let ads = ads.map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    let total = tally.fetched + u64::try_from(ads.len()).unwrap_or(u64::MAX);
    for group in ads.chunks(GROUP_MAX) {
        if run.time_left() < wanted.time_left_min {
            return Ok(false);
        }
        let named: Vec<&str> = group
            .iter()
            .map(|candidate| candidate.ad.as_str())
            .collect();
        let read = read(run, reach, &named).await?;
        store(run, account, &read).await?;
        count(tally, &read);
        run.progress(tally.fetched, total, "ads");
        run.checkpoint(None).await?;
        if let Some(delay) = reach.heed(run).await? {
            return Err(JobError::Snooze { by: "Meta", delay });
        }
    }
    Ok(true)
}

async fn read<P>(run: &Run<P>, reach: &Reach, ads: &[&str]) -> Result<Vec<ReadAd>, JobError> {
    let mut told: HashMap<String, Option<Creative>> = HashMap::new();
    let mut groups = vec![ads];
    while let Some(group) = groups.pop() {
        match reach
            .meta
            .ads_with_creatives(&reach.owner.account, group)
            .await
        {
            Ok(found) => told.extend(found),
            Err(error) if error.class() == Class::ReduceData => {
                if group.len() > 1 {
                    let (one, other) = group.split_at(group.len() / 2);
                    groups.extend([one, other]);
                }
            }
            Err(error) => return Err(reach.stop(run, error).await),
        }
    }
    let read = |ad: &&str| {
        let creative = told.get(*ad);
        ReadAd {
            ad: (*ad).to_owned(),
            creative_id: creative.and_then(|it| it.as_ref()?.id.clone()),
            destination: match creative {
                // An ad that was told of without a creative leads nowhere; one not told of may yet.
                Some(creative) => destination(creative.as_ref()),
                None => Destination::Inconclusive,
            },
        }
    };
    Ok(ads.iter().map(read).collect())
}

async fn store<P>(
    run: &Run<P>,
    account: (crate::domain::BrandId, &str),
    read: &[ReadAd],
) -> Result<(), JobError> {
    let now = run.now();
    let stored = async {
        let mut tx = run.db().begin().await?;
        destinations::store_found(&mut tx, account, read, now).await?;
        destinations::store_status(&mut tx, account, read, now).await?;
        destinations::store_inconclusive(&mut tx, account, read, now).await?;
        tx.commit().await
    };
    stored
        .await
        .map_err(JobError::retry("storing destinations"))
}

fn count(tally: &mut Tally, read: &[ReadAd]) {
    for ad in read {
        tally.fetched += 1;
        match &ad.destination {
            Destination::Found { url_count, .. } => {
                tally.stored += 1;
                tally.multi_url += u64::from(*url_count > 1);
            }
            Destination::NoLink => tally.no_url += 1,
            Destination::Inconclusive => tally.inconclusive += 1,
        }
    }
}
