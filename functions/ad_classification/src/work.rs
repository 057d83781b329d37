//! The ads of a run, several at the same time, in the order of their spend.
//!
//! All that talks to the database is part of an ad's own future: whatever waits for a connection between two of them
//! would wait for those that rest meanwhile, and hold one.

use std::{pin::pin, time::Duration};

use chrono::{DateTime, Days, Utc};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use shared::{
    domain::{AdClassificationParams, BrandId, JobError, classification::Decision},
    runtime::Run,
    steps::questions::{Questions, Trouble},
    store::classifications::{self, AdFacts, Ending, Unit},
};

use crate::{
    admission::{Admitted, Gates, admitted},
    clients::Clients,
    gate::Gate,
    place::Place,
    sort::Sorted,
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

/// Another invocation for less would cost more than it brings.
const REST_MIN: Duration = Duration::from_secs(1);

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
    /// Whoever asks Gemini asks through this.
    pub(crate) questions: Questions<'a, AdClassificationParams>,
    pub(crate) brand: BrandId,
    /// When the run began.
    pub(crate) began: DateTime<Utc>,
    /// With less time left, nothing new is begun.
    pub(crate) time_left_min: Duration,
}

/// What stopped a group of ads.
pub(crate) enum Stop {
    OutOfTime,
    Rest(Duration),
    Spent(String),
    Run(JobError),
}

impl Stop {
    /// Of several, the one that counts: what ends the run goes before what lets it wait.
    pub(crate) fn gravity(&self) -> u8 {
        match self {
            Self::OutOfTime => 0,
            Self::Rest(_) => 1,
            Self::Spent(_) => 2,
            Self::Run(_) => 3,
        }
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Rest { delay, .. } => Self::Rest(delay),
            Trouble::Run(error) => Self::Run(error),
            spent @ (Trouble::Spent { .. } | Trouble::Ad { .. }) => Self::Spent(spent.to_string()),
        }
    }
}

impl Work<'_> {
    /// Writes down which ads the run has to look at, once. Returns how many.
    pub(crate) async fn plan(&self) -> Result<i64, JobError> {
        let today = self.began.date_naive();
        let days = u64::from(self.run.params.days_back.get());
        let first = today - Days::new(days.saturating_sub(1));
        let scope = self.run.params.scope;
        self.run
            .db()
            .in_tx("planning which ads to look at", async |tx| {
                let window = first..=today;
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
            .run
            .db()
            .in_tx("counting ads", async |tx| {
                classifications::tally(tx, self.run.id).await
            })
            .await?;
        let params = &self.run.params;
        let mut gates = Gates {
            new: Gate::new(params.max_new.get(), tally.new_count),
            videos: Gate::new(params.max_video.get(), tally.video_count),
        };
        let mut at_once = self.clients.settings.classification.at_once;
        let mut after = 0;
        while place.spent.is_none() {
            if self.is_short_of_time() {
                return Ok(End::OutOfTime);
            }
            let units = self
                .run
                .db()
                .in_tx("taking up ads", async |tx| {
                    classifications::pending(tx, self.run.id, after, TAKEN_MAX).await
                })
                .await?;
            let Some(last) = units.last() else {
                return Ok(End::Over);
            };
            after = last.position;
            let stopped = self.group(units, &mut gates, at_once).await?;
            match stopped {
                None => {}
                Some(Stop::OutOfTime) => return Ok(End::OutOfTime),
                // What others at work had reserved is mostly given back by now.
                Some(Stop::Spent(_)) if at_once > 1 => (at_once, after) = (1, 0),
                Some(stop) => self.end_or_wait(stop, place)?,
            }
            self.run.checkpoint(Some(&place.cursor()?)).await?;
        }
        Ok(End::Over)
    }

    /// What follows from trouble: the run ends, or waits, or may spend no more.
    pub(crate) fn end_or_wait(&self, stop: Stop, place: &mut Place) -> Result<(), JobError> {
        match stop {
            Stop::OutOfTime => Ok(()),
            Stop::Rest(delay) => Err(JobError::Snooze {
                by: "Gemini",
                delay: delay.max(REST_MIN),
            }),
            Stop::Run(error) => Err(error),
            Stop::Spent(why) => {
                place.spent = Some(why);
                Ok(())
            }
        }
    }

    /// Ads that were taken up together. What is known of the same content is not asked again.
    async fn group(
        &self,
        units: Vec<Unit>,
        gates: &mut Gates,
        at_once: usize,
    ) -> Result<Option<Stop>, JobError> {
        let Sorted { to_do, mut over } = self.sort(units).await?;
        let mut over_cap = vec![];
        let mut at_work = FuturesUnordered::new();
        let mut stop = None;
        for (unit, facts) in &to_do {
            let (decision, is_video) = loop {
                if let Some(stopped) = self.stopped(stop.is_some()) {
                    stop = stop.or(Some(stopped));
                }
                let is_full = at_work.len() >= at_once;
                let admitted = admitted(facts, gates);
                match admitted {
                    _ if stop.is_some() => break (None, false),
                    Admitted::Go(decision, is_video) if !is_full => {
                        break (Some(decision), is_video);
                    }
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
        // A run that is not ours any more writes nothing.
        if !matches!(stop, Some(Stop::Run(_))) {
            self.finish(&over, &over_cap).await?;
            self.tell().await?;
        }
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

    /// Tells people how far the run has come.
    async fn tell(&self) -> Result<(), JobError> {
        let tally = self
            .run
            .db()
            .in_tx("counting ads", async |tx| {
                classifications::tally(tx, self.run.id).await
            })
            .await?;
        let total = tally.total();
        self.run.progress(total - tally.pending_count, total, "ads");
        Ok(())
    }

    /// True when no further ad is to be begun: time is short.
    pub(crate) fn is_short_of_time(&self) -> bool {
        self.run.time_left() < self.time_left_min
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
        let is_graver = matches!(trouble, Trouble::Run(_)) && !matches!(stop, Some(Stop::Run(_)));
        if stop.is_none() || is_graver {
            *stop = Some(trouble.into());
        }
    }
}
