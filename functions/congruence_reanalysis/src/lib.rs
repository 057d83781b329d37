//! Compares videos of ads with the pages that the ads lead to, where `ad_classification` has not.
//!
//! Reads `ad_creative_classifications`, `ad_video_analysis`, `brand_landing_pages` and `usage_limits`; writes the
//! comparisons into `ad_creative_classifications`, and `token_usage` and `provider_limits`. Nothing is watched, read
//! or classified again. Running it twice is safe and costs nothing: what is compared is not asked about again.

mod clients;
mod place;

use std::time::Duration;

use shared::{
    domain::{
        BrandId, CongruenceReanalysisParams, JobError, JobType, Outcome,
        classification::Components, provider::KeyId,
    },
    runtime::Run,
    steps::{
        congruence,
        questions::{self, ATTEMPTS_MAX, Bill, Questions, Trouble},
    },
    store::{
        Database, Scope,
        classifications::{self, Except, Uncompared},
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
    let calls_max = u64::from(run.params.max_gemini_calls.get());
    while let Some(ad) = work.next(&place).await? {
        if place.asked >= calls_max {
            break;
        }
        if run.time_left() < work.time_left_min {
            let cursor = place.cursor()?;
            run.checkpoint(Some(&cursor)).await?;
            return Ok(Outcome::Continue { cursor });
        }
        work.one(&ad, &mut place).await?;
        let done = u64::try_from(place.looked_at.len()).unwrap_or(u64::MAX);
        run.progress(done, u64::from(run.params.batch_size.get()), "ads");
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
    /// The next ad, leaving out those that were looked at and organizations that may spend no more.
    async fn next(&self, place: &Place) -> Result<Option<Uncompared>, JobError> {
        let batch = usize::try_from(self.run.params.batch_size.get()).unwrap_or(usize::MAX);
        if place.looked_at.len() >= batch {
            return Ok(None);
        }
        let brand = self.run.params.brand_id.map(BrandId);
        let except = Except {
            organizations: &place.spent_by,
            classifications: &place.looked_at,
        };
        let found = self
            .run
            .db()
            .in_tx("looking for what was not compared", async |tx| {
                classifications::uncompared(tx, brand, except, 1).await
            })
            .await?;
        Ok(found.into_iter().next())
    }

    /// One ad.
    async fn one(&self, ad: &Uncompared, place: &mut Place) -> Result<(), JobError> {
        let compared = match self.compare(ad).await {
            Ok(Some(components)) => {
                place.asked += 1;
                place.compared += 1;
                components
            }
            Ok(None) => {
                place.looked_at.push(ad.id);
                return Ok(());
            }
            Err(trouble @ Trouble::Ad { .. }) => {
                let line = format!("ad {}: {trouble}", ad.ad);
                self.run.log(Level::Warn, line.clone());
                place.asked += 1;
                if trouble.may_pass() {
                    place.failed += 1;
                    place.first_failure.get_or_insert(line);
                    place.looked_at.push(ad.id);
                    return Ok(());
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
                place.spent_by.push(ad.organization);
                return Ok(());
            }
            Err(Trouble::Run(error)) => return Err(error),
        };
        self.of(ad)
            .in_tx("keeping a comparison", async |tx| {
                classifications::compare(tx, (ad.brand, ad.id), &compared).await
            })
            .await?;
        place.looked_at.push(ad.id);
        Ok(())
    }

    /// The database with what is the ad's organisation's alone: the run is nobody's.
    fn of(&self, ad: &Uncompared) -> Database {
        self.run.db().within(Scope::Organization(ad.organization))
    }

    /// Asks. `None` when video or page are not there any more.
    async fn compare(&self, ad: &Uncompared) -> Result<Option<Components>, Trouble> {
        let db = self.of(ad);
        let (video, page) = db
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
            db: &db,
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
