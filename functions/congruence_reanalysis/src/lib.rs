//! Compares videos of ads with the pages that the ads lead to, where `ad_classification` has not.
//!
//! Reads `ad_creative_classifications`, `ad_video_analysis`, `brand_landing_pages` and `usage_limits`; writes the
//! comparisons into `ad_creative_classifications`, and `token_usage` and `provider_limits`. Nothing is watched, read
//! or classified again. Running it twice is safe and costs nothing: what is compared is not asked about again.

mod clients;
mod place;

use std::{collections::BTreeSet, time::Duration};

use shared::{
    domain::{
        BrandId, CongruenceReanalysisParams, JobError, JobType, OrganizationId, Outcome,
        classification::Components, provider::KeyId,
    },
    runtime::Run,
    steps::{
        congruence,
        questions::{self, ATTEMPTS_MAX, Bill, Questions, Trouble},
    },
    store::{
        classifications::{self, Uncompared},
        landing_pages,
        logs::Level,
        video_analyses,
    },
};

pub use clients::{Clients, Settings};
use place::Place;

/// With less time left, nothing more is asked: an answer takes some seconds, at worst a minute.
const TIME_LEFT_MIN: Duration = Duration::from_secs(120);
/// A short invocation uses at least this part of its time for work.
const MARGIN_PART: u32 = 2;
/// Another invocation for less would cost more than it brings.
const REST_MIN: Duration = Duration::from_secs(1);

/// Asks about up to `batch_size` ads, the newest first, until `max_gemini_calls` questions were asked.
///
/// # Errors
/// `Snooze` when Gemini has had too many requests, `GiveUp` when its key or our settings are no good, `Retry` when the
/// database does not answer or nothing could be compared. What was compared stays.
pub async fn handle(
    clients: &Clients,
    run: &Run<CongruenceReanalysisParams>,
) -> Result<Outcome, JobError> {
    // Boxed: the clients' own futures are nested deeper than the compiler follows.
    Box::pin(segment(clients, run)).await
}

/// One segment at work.
struct Work<'a> {
    clients: &'a Clients,
    run: &'a Run<CongruenceReanalysisParams>,
    key: KeyId,
    time_left_min: Duration,
}

async fn segment(
    clients: &Clients,
    run: &Run<CongruenceReanalysisParams>,
) -> Result<Outcome, JobError> {
    run.watch(clients.gemini.throttles());
    let work = Work {
        clients,
        run,
        key: questions::key(&clients.settings.gemini)?,
        time_left_min: TIME_LEFT_MIN.min(run.time_left() / MARGIN_PART),
    };
    let mut place = Place::resume(run.cursor.as_ref());
    let found = work.uncompared().await?;
    let (calls_max, total) = (u64::from(run.params.max_gemini_calls.get()), found.len());
    let mut spent: BTreeSet<OrganizationId> = BTreeSet::new();
    for (done, ad) in found.iter().enumerate() {
        if place.asked >= calls_max {
            break;
        }
        if spent.contains(&ad.organization) {
            continue;
        }
        if run.time_left() < work.time_left_min {
            let cursor = place.cursor()?;
            run.checkpoint(Some(&cursor)).await?;
            return Ok(Outcome::Continue { cursor });
        }
        if !work.one(ad, &mut place).await? {
            spent.insert(ad.organization);
        }
        let [done, total] = [done + 1, total].map(|it| u64::try_from(it).unwrap_or(u64::MAX));
        run.progress(done, total, "ads");
        run.checkpoint(Some(&place.cursor()?)).await?;
    }
    conclude(run, &place).await
}

/// Success means that something was compared, or that there was nothing to compare.
async fn conclude(
    run: &Run<CongruenceReanalysisParams>,
    place: &Place,
) -> Result<Outcome, JobError> {
    match &place.first_failure {
        Some(failure) if place.compared + place.unevaluated == 0 => {
            for (name, value) in place.counts() {
                run.count(name, value);
            }
            // The next attempt asks again.
            run.checkpoint(Some(&Place::default().cursor()?)).await?;
            Err(JobError::retry(
                "comparing videos with their pages, of which none could be compared",
            )(failure.clone()))
        }
        _ => Ok(Outcome::Done(place.report())),
    }
}

impl Work<'_> {
    async fn uncompared(&self) -> Result<Vec<Uncompared>, JobError> {
        let limit = i64::from(self.run.params.batch_size.get());
        let brand = self.run.params.brand_id.map(BrandId);
        self.clients
            .db
            .in_tx("looking for what was not compared", async |tx| {
                classifications::uncompared(tx, brand, limit).await
            })
            .await
    }

    /// One ad. False when its organization may spend no more.
    async fn one(&self, ad: &Uncompared, place: &mut Place) -> Result<bool, JobError> {
        let compared = match self.compare(ad).await {
            Ok(Some(components)) => {
                place.asked += 1;
                place.compared += 1;
                components
            }
            Ok(None) => return Ok(true),
            Err(trouble @ Trouble::Ad { .. }) => {
                let line = format!("ad {}: {trouble}", ad.ad);
                self.run.log(Level::Warn, line.clone());
                place.asked += 1;
                if trouble.may_pass() {
                    place.failed += 1;
                    place.first_failure.get_or_insert(line);
                    return Ok(true);
                }
                place.unevaluated += 1;
                Components::read(&[])
            }
            Err(Trouble::Rest { delay, .. }) => {
                self.run.checkpoint(Some(&place.cursor()?)).await?;
                return Err(JobError::Snooze {
                    by: "Gemini",
                    delay: delay.max(REST_MIN),
                });
            }
            Err(spent @ Trouble::Spent { .. }) => {
                place.spent.push(spent.to_string());
                return Ok(false);
            }
            Err(Trouble::Run(error)) => return Err(error),
        };
        self.clients
            .db
            .in_tx("keeping a comparison", async |tx| {
                classifications::compare(tx, (ad.brand, ad.id), &compared).await
            })
            .await?;
        Ok(true)
    }

    /// Asks. `None` when video or page are not there any more.
    async fn compare(&self, ad: &Uncompared) -> Result<Option<Components>, Trouble> {
        let (video, page) = self
            .clients
            .db
            .in_tx("reading a video and its page", async |tx| {
                let video = video_analyses::read(tx, ad.brand, ad.video).await?;
                Ok((video, landing_pages::read(tx, ad.brand, ad.page).await?))
            })
            .await?;
        let Some((video, page)) = video.zip(page) else {
            return Ok(None);
        };
        let settings = &self.clients.settings;
        let questions = Questions {
            db: &self.clients.db,
            run: self.run,
            job_type: JobType::CongruenceReanalysis,
            organization: ad.organization,
            gemini: &self.clients.gemini,
            settings: &settings.gemini,
            key: &self.key,
            run_usd_max: settings.classification.run_usd_max,
            patience: self.clients.patience,
            time_left_min: self.time_left_min,
        };
        let asking = (&questions, &*self.clients.prompt);
        let compared =
            congruence::compare(asking, (&video, &page), ATTEMPTS_MAX, &Bill::default()).await?;
        Ok(Some(compared))
    }
}
