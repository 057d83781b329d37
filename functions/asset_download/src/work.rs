//! A segment of work: ads in order, several at a time, until all are tried or time runs short.

use std::{sync::Arc, time::Duration};

use chrono::{Days, TimeDelta};
use shared::{
    domain::{AssetDownloadParams, BrandId, JobError, OrganizationId},
    runtime::Run,
    steps::ad_account::Reach,
    store::{
        ad_accounts::{self, AdAccount},
        assets::{self, AdKey, EligibleAd},
        logs::Level,
    },
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    Clients,
    accounts::Accounts,
    ad::AdWork,
    kept::{Kept, Sizes},
    library::Library,
    notes::AdResult,
    shift::Shift,
    tally::Tally,
};

/// Ads asked about in one call. **Source:** Graph API, "Read multiple objects".
const GROUP_MAX: usize = 50;
/// Spend since then decides the order: what ran lately is what people look at.
const RECENT_DAYS: Days = Days::new(30);
/// A render is looked at again for something better after this long.
const STALE_AFTER: TimeDelta = TimeDelta::days(7);
/// With less time left, nothing new is begun: a video takes about so long.
const TIME_LEFT_MIN: Duration = Duration::from_secs(60);
/// Transfers must be over this long before the invocation ends, so that their rows are written.
const RECORD_MARGIN: Duration = Duration::from_secs(20);
/// A short invocation uses at least this part of its time for work.
const MARGIN_PART: u32 = 4;
/// Progress, log and cancellation are looked after this often: a checkpoint after each of 200 small images
/// would cost more than the images.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// How a segment ended when nothing stopped it.
#[derive(Debug)]
pub(crate) enum End {
    /// Every selected ad was tried.
    AllTried { first_failure: Option<String> },
    /// Ads are left, time is not.
    OutOfTime,
}

/// One segment at work.
struct Segment<'a> {
    clients: &'a Clients,
    run: &'a Run<AssetDownloadParams>,
    owner: (OrganizationId, BrandId),
    accounts: Accounts<'a>,
    shift: Arc<Shift>,
    /// With less time left, nothing new is begun.
    time_left_min: Duration,
    tally: &'a mut Tally,
    tasks: JoinSet<Result<AdResult, JobError>>,
    total: u64,
    first_failure: Option<String>,
    saved_at: Instant,
}

/// Works through the ads that come first. Counts go to `tally` as they come in.
///
/// # Errors
/// [`JobError`] when the run cannot go on; transfers under way are then dropped and leave nothing behind.
pub(crate) async fn work(
    clients: &Clients,
    run: &Run<AssetDownloadParams>,
    owner: (OrganizationId, BrandId),
    tally: &mut Tally,
) -> Result<End, JobError> {
    let sizes = Sizes::read(run.db(), owner.1).await?;
    let shift = Arc::new(shift(run, sizes));
    let (ads, accounts) = select(run, owner.1, &shift, tally).await?;
    let mut segment = Segment {
        clients,
        run,
        owner,
        accounts: Accounts::new(clients, run, accounts),
        shift,
        time_left_min: TIME_LEFT_MIN.min(run.time_left() / MARGIN_PART),
        total: tally.attempted() + u64::try_from(ads.len()).unwrap_or(u64::MAX),
        tally,
        tasks: JoinSet::new(),
        first_failure: None,
        saved_at: Instant::now(),
    };
    segment.tell_progress();
    for (account, group) in groups(&ads) {
        let reach = segment.accounts.reach(&account)?;
        let is_begun = !segment.is_short_of_time() && segment.begin(&reach, group).await?;
        if !is_begun {
            segment.finish().await?;
            return Ok(End::OutOfTime);
        }
        if let Some(delay) = reach.heed(run).await? {
            segment.finish().await?;
            return Err(JobError::Snooze { by: "Meta", delay });
        }
    }
    segment.finish().await?;
    Ok(End::AllTried {
        first_failure: segment.first_failure,
    })
}

fn shift(run: &Run<AssetDownloadParams>, sizes: Sizes) -> Shift {
    let margin = RECORD_MARGIN.min(run.time_left() / MARGIN_PART);
    let deadline = Instant::now() + run.time_left().saturating_sub(margin);
    let is_recovering = run.attempt > 1 || run.segment > 1;
    Shift::new(
        run.now(),
        deadline,
        run.now() - STALE_AFTER,
        is_recovering,
        (run.params.max_videos.get() > 0, sizes),
    )
}

async fn select(
    run: &Run<AssetDownloadParams>,
    brand: BrandId,
    shift: &Shift,
    tally: &Tally,
) -> Result<(Vec<EligibleAd>, Vec<AdAccount>), JobError> {
    const DOING: &str = "selecting ads";
    let recent = run
        .now()
        .date_naive()
        .checked_sub_days(RECENT_DAYS)
        .unwrap_or_default();
    let times = (run.now(), shift.stale, recent);
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let ads = assets::eligible(&mut tx, brand, times, tally.left(&run.params))
        .await
        .map_err(JobError::retry(DOING))?;
    let accounts = ad_accounts::of_brand(&mut tx, brand)
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    Ok((ads, accounts))
}

/// Ads in their order, cut into groups that one call can ask about: of one account, at most 50.
fn groups(ads: &[EligibleAd]) -> Vec<(String, Vec<EligibleAd>)> {
    let mut groups: Vec<(String, Vec<EligibleAd>)> = Vec::new();
    for ad in ads {
        match groups
            .iter_mut()
            .rfind(|(account, group)| *account == ad.account && group.len() < GROUP_MAX)
        {
            Some((_, group)) => group.push(ad.clone()),
            None => groups.push((ad.account.clone(), vec![ad.clone()])),
        }
    }
    groups
}

/// What Meta says about a group. When it knows none of the ads, that is taken for an outage: nothing is recorded.
async fn read_library(
    run: &Run<AssetDownloadParams>,
    reach: &Reach,
    group: &[EligibleAd],
    shift: &Shift,
) -> Result<Arc<Library>, JobError> {
    let account = &reach.owner.account;
    let library = match Library::read(&reach.meta, account, group, shift.wants_videos).await {
        Ok(library) => library,
        Err(error) => return Err(reach.stop(run, error).await),
    };
    reach.works().await?;
    if library.is_empty() {
        let line = format!("Meta returned none of {} ads", group.len());
        return Err(JobError::retry("reading ads from Meta")(line));
    }
    Ok(Arc::new(library))
}

impl Segment<'_> {
    fn is_short_of_time(&self) -> bool {
        self.run.time_left() < self.time_left_min
    }

    /// Begins every ad of a group, several at a time; false when time ran short before the last.
    async fn begin(&mut self, reach: &Reach, group: Vec<EligibleAd>) -> Result<bool, JobError> {
        let account = reach.owner.account.as_str();
        let library = read_library(self.run, reach, &group, &self.shift).await?;
        let kept = Kept::read(
            self.run.db(),
            (self.owner.1, account),
            &group,
            &library,
            self.shift.wants_videos,
        )
        .await?;
        let kept = Arc::new(kept);
        for ad in group {
            self.make_room(self.clients.media.downloads_at_once).await?;
            if self.is_short_of_time() {
                return Ok(false);
            }
            let (organization_id, brand_id) = self.owner;
            let key = AdKey {
                organization_id,
                brand_id,
                account: account.to_owned(),
                ad: ad.ad.clone(),
            };
            let (clients, db) = (self.clients.clone(), self.run.db().clone());
            let shift = Arc::clone(&self.shift);
            let meta = Arc::clone(&reach.meta);
            let (library, kept) = (Arc::clone(&library), Arc::clone(&kept));
            self.tasks.spawn(
                AdWork {
                    clients,
                    db,
                    meta,
                    shift,
                    key,
                    ad,
                    library,
                    kept,
                }
                .save(),
            );
        }
        Ok(true)
    }

    /// Waits until fewer than `at_once` ads are under way.
    async fn make_room(&mut self, at_once: usize) -> Result<(), JobError> {
        while self.tasks.len() >= at_once.max(1) {
            self.take_one().await?;
        }
        Ok(())
    }

    /// Lets everything under way come to its end.
    async fn finish(&mut self) -> Result<(), JobError> {
        self.make_room(1).await
    }

    async fn take_one(&mut self) -> Result<(), JobError> {
        let Some(finished) = self.tasks.join_next().await else {
            return Ok(());
        };
        let result = finished.map_err(JobError::retry("working on an ad"))??;
        self.tally.add(&result.tally);
        for (level, line) in result.lines {
            if level == Level::Warn {
                self.first_failure.get_or_insert_with(|| line.clone());
            }
            self.run.log(level, line);
        }
        self.tell_progress();
        if self.saved_at.elapsed() >= CHECKPOINT_EVERY {
            self.run.checkpoint(Some(&self.tally.cursor())).await?;
            self.saved_at = Instant::now();
        }
        Ok(())
    }

    fn tell_progress(&self) {
        self.run.progress(self.tally.attempted(), self.total, "ads");
    }
}
