//! Ads taken up together: which are known, and which are to be looked at.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shared::{
    domain::{
        JobError,
        classification::{Budget, Decision, Digest, SkipReason, decide},
    },
    store::classifications::{self, AdFacts, Ending, Unit},
};

use crate::{
    known::{VERSIONS, digests, left_out},
    work::Work,
};

/// Ads taken up together.
#[derive(Default)]
pub(crate) struct Sorted {
    /// With what there is to look at.
    pub(crate) to_do: Vec<(Unit, AdFacts)>,
    /// Nothing is to be done about them.
    pub(crate) over: Vec<(i32, Ending)>,
}

impl Work<'_> {
    /// Which ads are to be looked at, and which are known.
    pub(crate) async fn sort(&self, units: Vec<Unit>) -> Result<Sorted, JobError> {
        let ads: Vec<String> = units.iter().map(|unit| unit.ad.clone()).collect();
        let (brand, reuse) = (self.brand, self.reuse());
        let (facts, known, refused) = self
            .run
            .db()
            .in_tx("reading what is known of ads", async |tx| {
                let facts = classifications::facts(tx, brand, &ads).await?;
                let hashes: Vec<(String, Digest)> = facts
                    .iter()
                    .filter_map(|facts| self.stored_hash(facts))
                    .collect();
                let known = classifications::reusable(tx, brand, &hashes, VERSIONS, reuse).await?;
                let asked: Vec<_> = facts.iter().flat_map(|it| self.questions_of(it)).collect();
                let refused = classifications::refused(tx, brand, &asked, VERSIONS, reuse).await?;
                Ok((facts, known, refused))
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
                (None, Some(facts)) => match refused.get(&unit.ad) {
                    Some(refused) => sorted.over.push((unit.position, left_out(refused))),
                    None => sorted.to_do.push((unit, facts)),
                },
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
        Some((facts.ad.clone(), self.hash(facts, &digests(&media))))
    }

    /// Writes what became of ads that nothing was asked about.
    pub(crate) async fn finish(
        &self,
        over: &[(i32, Ending)],
        over_cap: &[i32],
    ) -> Result<(), JobError> {
        let (run, now) = (self.run.id, self.run.now());
        self.run
            .db()
            .in_tx("noting ads that nothing is asked about", async |tx| {
                for (position, ending) in over {
                    let place = (run, *position);
                    classifications::finish_unit(tx, place, ending, Decimal::ZERO, now).await?;
                }
                classifications::mark_over_cap(tx, run, over_cap, now).await
            })
            .await?;
        Ok(())
    }
}
