//! Copies the images and videos of a brand's ads from Meta into our object store.
//!
//! Reads `meta_ads_performance`, `brand_ad_accounts` and `brands`; reads and writes `meta_ad_assets` and the
//! bucket. Running it twice is safe: a medium that is kept is not fetched again, and one that was published
//! but not recorded is found by its key.

mod accounts;
mod ad;
mod clients;
mod copy;
mod kept;
mod library;
mod medium;
mod notes;
mod search;
mod shift;
mod stop;
mod tally;
mod verdict;
mod work;

use shared::{
    domain::{AssetDownloadParams, BrandId, JobError, JobType, OrganizationId, Outcome, Report},
    runtime::Run,
    store::{
        assets::{self, Standing},
        logs::Level,
    },
};
use tally::Tally;
use work::End;

pub use clients::Clients;

/// What this job keeps fresh.
const DATASET: &str = "ad_assets";

/// Downloads the media of up to `max_videos` and `max_images` ads, those with the highest recent spend first.
///
/// # Errors
/// `Snooze` when Meta throttles us, `GiveUp` when its token or our settings are no good, `Retry` when nothing
/// of what was tried could be saved. Copies made stay made.
pub async fn handle(
    clients: &Clients,
    run: &Run<AssetDownloadParams>,
) -> Result<Outcome, JobError> {
    // Boxed: the clients' own futures are nested deeper than the compiler follows.
    let ended = Box::pin(segment(clients, run)).await;
    if let Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) = &ended {
        run.step_failed(DATASET, &error.chain());
    }
    ended
}

async fn segment(clients: &Clients, run: &Run<AssetDownloadParams>) -> Result<Outcome, JobError> {
    let (organization, brand) = whose(run)?;
    announce(run, brand).await?;
    let mut tally = Tally::resume(run.cursor.as_ref(), run.segment <= 1);
    let ended = work::work(clients, run, (organization, brand), &mut tally).await;
    if let Err(JobError::Snooze { .. } | JobError::Retry { .. }) | Ok(End::OutOfTime) = &ended {
        run.checkpoint(Some(&tally.cursor())).await?;
    }
    match ended? {
        End::OutOfTime => Ok(Outcome::Continue {
            cursor: tally.cursor(),
        }),
        End::AllTried { first_failure } => conclude(run, brand, &tally, first_failure).await,
    }
}

fn whose(run: &Run<AssetDownloadParams>) -> Result<(OrganizationId, BrandId), JobError> {
    run.organization_id
        .zip(run.brand_id)
        .ok_or_else(|| JobError::give_up("asset_download needs a brand"))
}

async fn announce(run: &Run<AssetDownloadParams>, brand: BrandId) -> Result<(), JobError> {
    const DOING: &str = "reading the brand";
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let owner = assets::owner(&mut tx, brand)
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    let owner = owner.ok_or_else(|| JobError::give_up("there is no such brand"))?;
    if owner.accounts == 0 {
        return Err(JobError::give_up("the brand has no ad account; link one"));
    }
    run.log(
        Level::Info,
        format!("Downloading assets for brand: {}", owner.name),
    );
    let (videos, images) = (run.params.max_videos.get(), run.params.max_images.get());
    run.log(
        Level::Info,
        format!("Max videos: {videos}, Max images: {images}"),
    );
    Ok(())
}

/// Success means that something was saved, or that there truly was nothing to save.
async fn conclude(
    run: &Run<AssetDownloadParams>,
    brand: BrandId,
    tally: &Tally,
    first_failure: Option<String>,
) -> Result<Outcome, JobError> {
    let report = tally.report(&standing(run, brand).await?);
    summarize(run, tally);
    let failed = tally.failed();
    if failed > 0 && tally.saved() == 0 {
        for (name, value) in &report.counts {
            run.count(name, value.as_u64().unwrap_or_default());
        }
        run.checkpoint(Some(&tally.cursor())).await?;
        let line = first_failure.unwrap_or_else(|| format!("{failed} media failed"));
        return Err(JobError::retry(
            "saving media, of which none could be saved",
        )(line));
    }
    run.step_succeeded(DATASET, tally.saved());
    if let Some(classify) = &run.params.classify {
        run.follow_up(JobType::AdClassification, classify)?;
    }
    Ok(Outcome::Done(with_warnings(report, tally, first_failure)))
}

fn with_warnings(report: Report, tally: &Tally, first_failure: Option<String>) -> Report {
    let (failed, attempted) = (tally.failed(), tally.attempted());
    if failed > 0 {
        let first = first_failure.unwrap_or_default();
        return report.warning(format!(
            "{failed} media of {attempted} ads could not be saved; the first: {first}"
        ));
    }
    if attempted > 0 && tally.saved() + tally.videos.skipped + tally.images.skipped == 0 {
        return report.warning(format!(
            "none of {attempted} ads has media that can be downloaded"
        ));
    }
    report
}

async fn standing(run: &Run<AssetDownloadParams>, brand: BrandId) -> Result<Standing, JobError> {
    const DOING: &str = "counting what is left";
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let standing = assets::standing(&mut tx, brand, run.now())
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    Ok(standing)
}

fn summarize(run: &Run<AssetDownloadParams>, tally: &Tally) {
    let (videos, images) = (tally.videos.downloaded, tally.images.downloaded);
    run.log(Level::Info, "=== Summary ===");
    run.log(Level::Info, format!("Videos downloaded: {videos}"));
    run.log(Level::Info, format!("Images downloaded: {images}"));
    run.log(Level::Info, format!("Total: {}", videos + images));
}
