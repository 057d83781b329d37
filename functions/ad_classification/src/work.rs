//! The ads of a run, several at the same time, in the order of their spend.
//!
//! All that talks to the database is part of an ad's own future: whatever waits for a connection between two of them
//! would wait for those that rest meanwhile, and hold one.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use chrono::{Days, NaiveDate};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use shared::{
    domain::{
        AdClassificationParams, AdScope, BrandId, JobError, OrganizationId,
        classification::{Budget, Decision, Digest, SkipReason, decide},
        provider::KeyId,
    },
    runtime::Run,
    store::{
        Tx,
        classifications::{self, AdFacts, Ending, Scope, Unit},
    },
};

use crate::{
    clients::Clients,
    gate::{Admission, Gate},
    place::Place,
    prompts::{PROMPT_VERSION, SCHEMA_VERSION},
    trouble::Trouble,
};

/// Ads taken up in one go.
const TAKEN_MAX: i64 = 500;

/// With less time left, no ad is begun: a video may take so long.
const TIME_LEFT_MIN: Duration = Duration::from_secs(240);
/// A short invocation uses at least this part of its time for work.
const MARGIN_PART: u32 = 4;

/// With less time left than this, nothing new is begun in this invocation.
pub(crate) fn time_left_min(run: &Run<AdClassificationParams>) -> Duration {
    TIME_LEFT_MIN.min(run.time_left() / MARGIN_PART)
}

/// How the work ended when nothing stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every ad is over, or no more may be spent.
    Over,
    /// Ads are left, time is not.
    OutOfTime,
}

/// One segment at work.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) run: &'a Run<AdClassificationParams>,
    pub(crate) key: KeyId,
    pub(crate) organization: OrganizationId,
    pub(crate) brand: BrandId,
    /// The last day of the window.
    pub(crate) began_on: NaiveDate,
    /// With less time left, nothing new is begun.
    pub(crate) time_left_min: Duration,
}

/// What may still be begun.
struct Gates {
    new: Gate,
    videos: Gate,
}

/// Ads taken up together.
#[derive(Default)]
struct Sorted {
    /// With what there is to look at.
    to_do: Vec<(Unit, AdFacts)>,
    /// Nothing is to be done about them.
    over: Vec<(i32, Ending)>,
}

/// What stopped a group of ads.
enum Stop {
    OutOfTime,
    Trouble(Trouble),
}

impl Work<'_> {
    /// Writes down which ads the run has to look at, once. Returns how many.
    pub(crate) async fn plan(&self) -> Result<i64, JobError> {
        let days = u64::try_from(self.run.params.days_back.get()).unwrap_or_default();
        let first = self.began_on - Days::new(days.saturating_sub(1));
        let scope = match self.run.params.scope {
            AdScope::Active => Scope::Active,
            AdScope::Spend => Scope::Spend,
        };
        self.in_tx("planning which ads to look at", async |tx| {
            let window = first..=self.began_on;
            classifications::plan(tx, self.run.id, self.brand, &window, scope).await
        })
        .await
    }

    /// Works until every ad is over, no more may be spent, or time runs short.
    ///
    /// # Errors
    /// [`JobError`] when the run cannot go on, or is to go on later.
    pub(crate) async fn work(&self, place: &mut Place) -> Result<End, JobError> {
        let tally = self
            .in_tx("counting ads", async |tx| {
                classifications::tally(tx, self.run.id).await
            })
            .await?;
        let most = |bounded: i64| u32::try_from(bounded).unwrap_or_default();
        let mut gates = Gates {
            new: Gate::new(most(self.run.params.max_new.get().into()), tally.new_count),
            videos: Gate::new(most(self.run.params.max_video.get().into()), tally.video_count),
        };
        let mut after = 0;
        while place.spent.is_none() {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let units = self
                .in_tx("taking up ads", async |tx| {
                    classifications::pending(tx, self.run.id, after, TAKEN_MAX).await
                })
                .await?;
            let Some(last) = units.last() else {
                return Ok(End::Over);
            };
            after = last.position;
            let stopped = self.group(units, &mut gates).await?;
            self.tell().await?;
            match stopped {
                None => {}
                Some(Stop::OutOfTime) => return Ok(End::OutOfTime),
                Some(Stop::Trouble(Trouble::Rest(delay))) => {
                    return Err(JobError::Snooze {
                        by: "Gemini",
                        delay,
                    });
                }
                Some(Stop::Trouble(Trouble::Run(error))) => return Err(error),
                Some(Stop::Trouble(spent)) => place.spent = Some(spent.to_string()),
            }
            self.run.checkpoint(Some(&place.cursor()?)).await?;
        }
        Ok(End::Over)
    }

    /// Ads that were taken up together. What is known of the same content is not asked again.
    async fn group(&self, units: Vec<Unit>, gates: &mut Gates) -> Result<Option<Stop>, JobError> {
        let Sorted { to_do, mut over } = self.sort(units).await?;
        let mut over_cap = vec![];
        let mut at_work = FuturesUnordered::new();
        let mut stop = None;
        for (unit, facts) in &to_do {
            let (decision, is_video) = loop {
                if let Some(stopped) = self.stopped(stop.is_some()) {
                    stop = stop.or(Some(stopped));
                }
                let is_full = at_work.len() >= self.clients.settings.classification.at_once;
                let admitted = admitted(facts, gates);
                match admitted {
                    _ if stop.is_some() => break (None, false),
                    Admitted::Go(decision, is_video) if !is_full => break (Some(decision), is_video),
                    Admitted::Over(ending) => {
                        over.push((unit.position, ending));
                        break (None, false);
                    }
                    Admitted::OverCap => {
                        over_cap.push(unit.position);
                        break (None, false);
                    }
                    Admitted::Go(..) | Admitted::NotYet => {}
                }
                match at_work.next().await {
                    Some(done) => take_back(done, gates, &mut stop),
                    None => break (None, false),
                }
            };
            if stop.is_some() {
                break;
            }
            let Some(decision) = decision else { continue };
            gates.new.hold();
            if is_video {
                gates.videos.hold();
            }
            at_work.push(async move { (is_video, self.one(unit, facts, decision).await) });
        }
        while let Some(done) = at_work.next().await {
            take_back(done, gates, &mut stop);
        }
        drop(at_work);
        self.finish(&over, &over_cap).await?;
        Ok(stop)
    }

    fn stopped(&self, is_stopped: bool) -> Option<Stop> {
        (!is_stopped && self.is_short_of_time()).then_some(Stop::OutOfTime)
    }

    /// An ad, and a look whether the run may go on.
    async fn one(
        &self,
        unit: &Unit,
        facts: &AdFacts,
        decision: Decision,
    ) -> Result<Option<Ending>, Trouble> {
        let ended = pin!(self.classify(unit, facts, decision)).await?;
        self.run.checkpoint(None).await?;
        Ok(ended)
    }

    /// Which ads are to be looked at, and which are known.
    async fn sort(&self, units: Vec<Unit>) -> Result<Sorted, JobError> {
        let ads: Vec<String> = units.iter().map(|unit| unit.ad.clone()).collect();
        let versions = (PROMPT_VERSION, SCHEMA_VERSION);
        let (facts, known) = self
            .in_tx("reading what is known of ads", async |tx| {
                let facts = classifications::facts(tx, self.brand, &ads).await?;
                let hashes: Vec<(String, Digest)> = match self.run.params.force {
                    true => vec![],
                    false => facts.iter().filter_map(|facts| self.stored_hash(facts)).collect(),
                };
                let known = classifications::reusable(tx, self.brand, &hashes, versions).await?;
                Ok((facts, known))
            })
            .await?;
        let mut facts: BTreeMap<String, AdFacts> = facts
            .into_iter()
            .map(|facts| (facts.ad.clone(), facts))
            .collect();
        let mut sorted = Sorted::default();
        for unit in units {
            match (known.get(&unit.ad), facts.remove(&unit.ad)) {
                (Some(known), _) => sorted.over.push((unit.position, Ending::Cached(known.id))),
                (None, Some(facts)) => sorted.to_do.push((unit, facts)),
                (None, None) => {
                    let ending = Ending::Skipped {
                        reason: SkipReason::MissingImage,
                        detail: None,
                    };
                    sorted.over.push((unit.position, ending));
                }
            }
        }
        Ok(sorted)
    }

    /// Digest of what a classification of stored media rests on; `None` where nothing is stored.
    fn stored_hash(&self, facts: &AdFacts) -> Option<(String, Digest)> {
        let media = match decide(&facts.media, Budget { videos: 1 }) {
            Decision::Videos(media) | Decision::Images(media) => media,
            Decision::Thumbnail(_) | Decision::Skip(_) => return None,
        };
        let digests: Vec<Digest> = media.iter().map(|medium| medium.sha256).collect();
        Some((facts.ad.clone(), self.hash(facts, &digests)))
    }

    /// Writes what became of ads that nothing was asked about.
    async fn finish(&self, over: &[(i32, Ending)], over_cap: &[i32]) -> Result<(), JobError> {
        let (run, now) = (self.run.id, self.run.now());
        self.in_tx("noting ads that nothing is asked about", async |tx| {
            for (position, ending) in over {
                let place = (run, *position);
                classifications::finish_unit(tx, place, ending, rust_decimal::Decimal::ZERO, now)
                    .await?;
            }
            classifications::mark_over_cap(tx, run, over_cap, now).await
        })
        .await?;
        Ok(())
    }

    /// Tells people how far the run has come.
    async fn tell(&self) -> Result<(), JobError> {
        let tally = self
            .in_tx("counting ads", async |tx| {
                classifications::tally(tx, self.run.id).await
            })
            .await?;
        let total = tally.total();
        self.run.progress(total - tally.pending_count, total, "ads");
        Ok(())
    }

    /// One transaction.
    pub(crate) async fn in_tx<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<T>,
    ) -> Result<T, JobError> {
        let mut tx = self.clients.db.begin().await.map_err(JobError::retry(doing))?;
        let value = work(&mut tx).await.map_err(JobError::retry(doing))?;
        tx.commit().await.map_err(JobError::retry(doing))?;
        Ok(value)
    }

    /// True when no further ad is to be begun: time is short.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.run.time_left() < self.time_left_min
    }
}

/// Whether, and how, an ad may be begun.
enum Admitted {
    /// It may; the flag says that it is a video.
    Go(Decision, bool),
    /// That depends on one that is at work.
    NotYet,
    /// Nothing is to be done about it.
    Over(Ending),
    /// It is for another run.
    OverCap,
}

fn admitted(facts: &AdFacts, gates: &Gates) -> Admitted {
    let videos = match gates.videos.look() {
        Admission::No => 0,
        Admission::Yes | Admission::NotYet => 1,
    };
    let decision = decide(&facts.media, Budget { videos });
    let is_video = matches!(decision, Decision::Videos(_));
    match (decision, gates.new.look()) {
        (Decision::Skip(skip), _) => Admitted::Over(Ending::Skipped {
            reason: skip.reason,
            detail: skip.detail(),
        }),
        (_, Admission::No) => Admitted::OverCap,
        (_, Admission::NotYet) => Admitted::NotYet,
        _ if is_video && gates.videos.look() == Admission::NotYet => Admitted::NotYet,
        (decision, Admission::Yes) => Admitted::Go(decision, is_video),
    }
}

/// An ad is over: its places are taken, or free again.
fn take_back(
    (is_video, ended): (bool, Result<Option<Ending>, Trouble>),
    gates: &mut Gates,
    stop: &mut Option<Stop>,
) {
    let is_new = matches!(ended, Ok(Some(Ending::Classified(_))));
    gates.new.release(is_new);
    if is_video {
        gates.videos.release(is_new);
    }
    if let Err(trouble) = ended {
        // What ends the run goes before what lets it wait.
        let is_graver = matches!(trouble, Trouble::Run(_))
            && !matches!(stop, Some(Stop::Trouble(Trouble::Run(_))));
        if stop.is_none() || is_graver {
            *stop = Some(Stop::Trouble(trouble));
        }
    }
}
