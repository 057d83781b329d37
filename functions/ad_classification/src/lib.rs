//! Says of a brand's ads what they show and to whom they speak, by asking Gemini.
//!
//! Reads `meta_ads_performance`, `meta_ads`, `meta_ad_assets`, `meta_ad_destinations`, `brand_landing_pages`,
//! `usage_limits` and the bucket; writes `brand_landing_pages`, `ad_creative_classifications`, `ad_video_analysis`, `ad_classification_units`,
//! `ad_classification_refusals`, `token_usage`, `provider_limits` and `remote_files`. Running it twice is safe and costs nothing: what
//! was said of the same bytes, words and page by the same prompt stays, and what was refused is not asked again. Nothing is invented: an answer that is not of
//! the shape asked for is an error of that ad, and a video is never judged by a still of it.

mod ad;
mod admission;
mod clients;
mod files;
mod finish;
mod gate;
mod known;
mod look;
mod pages;
mod place;
mod prompts;
mod sort;
mod thumbnail;
mod video;
mod work;

use shared::{
    domain::{AdClassificationParams, JobError, JobType, Outcome},
    runtime::Run,
    steps::questions::{self, Questions},
    store::logs::Level,
};

use place::Place;
use work::{End, Work};

pub use clients::{Clients, Settings};

/// What this job keeps fresh.
const DATASET: &str = "ad_classifications";

/// Classifies up to `max_new` ads, those with the highest spend first.
///
/// # Errors
/// `Snooze` when Gemini has had too many requests, `GiveUp` when its key or our settings are no good or when not a
/// single ad could be classified, `Retry` when database or bucket do not answer. What was classified stays.
pub async fn handle(
    clients: &Clients,
    run: &Run<AdClassificationParams>,
) -> Result<Outcome, JobError> {
    // Boxed: the clients' own futures are nested deeper than the compiler follows.
    let ended = Box::pin(segment(clients, run)).await;
    if let Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) = &ended {
        run.step_failed(DATASET, &error.chain());
    }
    ended
}

async fn segment(
    clients: &Clients,
    run: &Run<AdClassificationParams>,
) -> Result<Outcome, JobError> {
    let (organization, brand) = run
        .organization_id
        .zip(run.brand_id)
        .ok_or_else(|| JobError::give_up("ad_classification needs a brand"))?;
    let key = questions::key(&clients.settings.gemini)?;
    run.watch(clients.gemini.throttles());
    let mut place = Place::resume(run);
    let time_left_min = work::time_left_min(run);
    let work = Work {
        clients,
        run,
        questions: Questions {
            db: run.db(),
            run,
            job_type: JobType::AdClassification,
            organization,
            gemini: &clients.gemini,
            settings: &clients.settings.gemini,
            key: &key,
            run_usd_max: clients.settings.classification.run_usd_max,
            patience: clients.patience,
            time_left_min,
        },
        brand,
        began: place.began,
        time_left_min,
    };
    work.clean_up().await?;
    let ads = work.plan().await?;
    run.checkpoint(Some(&place.cursor()?)).await?;
    if place.is_new {
        run.log(Level::Info, format!("Ads to look at: {ads}"));
    }
    let ended = match work.pages(&mut place).await? {
        End::OutOfTime => End::OutOfTime,
        End::Over => work.work(&mut place).await?,
    };
    match ended {
        End::OutOfTime => Ok(Outcome::Continue {
            cursor: place.cursor()?,
        }),
        End::Over => finish::report(&work, &place).await.map(Outcome::Done),
    }
}
