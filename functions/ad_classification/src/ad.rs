//! One ad, from what is known of it until what is said of it is kept.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::{
    clients::gemini::Part,
    domain::{
        JobError, VideoAnalysisId,
        classification::{
            Budget, Components, Decision, Digest, Judgement, Media, SkipReason, Source, decide,
        },
    },
    steps::questions::{ATTEMPTS_MAX, Bill, Trouble},
    store::classifications::{self, AdFacts, Classification, Ending, Unit},
};

use crate::{
    known::digests,
    prompts::{PROMPT_VERSION, SCHEMA_VERSION},
    work::Work,
};

/// How often an ad is begun: one that ends its function each time must not do so for ever.
const BEGUN_MAX: i32 = ATTEMPTS_MAX + 2;

/// What was said of an ad.
struct Said {
    judgement: Judgement,
    source: Source,
    hash: Digest,
    components: Components,
    video: Option<VideoAnalysisId>,
    model: String,
    raw: Value,
}

impl Work<'_> {
    /// Classifies an ad and keeps what became of it. Returns that.
    ///
    /// # Errors
    /// [`Trouble`], never [`Trouble::Ad`]: the ad stays to be looked at.
    pub(crate) async fn classify(
        &self,
        unit: &Unit,
        facts: &AdFacts,
        decision: Decision,
    ) -> Result<Option<Ending>, Trouble> {
        let attempt = self
            .run
            .db()
            .in_tx("beginning an ad", async |tx| {
                classifications::started(tx, self.run.id, unit.position).await
            })
            .await?;
        let Some(attempt) = attempt else {
            return Ok(None);
        };
        let bill = Bill::default();
        let said = match decision {
            _ if attempt > BEGUN_MAX => Err(Trouble::Ad {
                kind: "begun_too_often",
                message: format!("it was begun {BEGUN_MAX} times and never came to an end"),
            }),
            Decision::Videos(videos) => self.by_videos(facts, &videos, attempt, &bill).await,
            other => self.by_pictures(facts, other, attempt, &bill).await,
        };
        let ending = match said {
            Ok(ending) => ending,
            Err(Trouble::Ad { kind, message }) if facts.media.is_video => {
                Found::Ending(Ending::Skipped {
                    reason: SkipReason::VideoClassificationFailed,
                    detail: Some(format!("{kind}: {message}")),
                })
            }
            Err(Trouble::Ad { kind, message }) => Found::Ending(Ending::Failed { kind, message }),
            Err(other) => {
                self.put_back(unit, &other, bill.total()).await?;
                return Err(other);
            }
        };
        self.conclude(unit, facts, ending, bill.total())
            .await
            .map(Some)
    }

    /// The ad stays to be looked at, with what it has cost.
    async fn put_back(&self, unit: &Unit, why: &Trouble, cost: Decimal) -> Result<(), JobError> {
        let is_tried = matches!(why, Trouble::Rest { is_tried: true, .. });
        self.run
            .db()
            .in_tx("putting an ad back", async |tx| {
                let place = (self.run.id, unit.position);
                classifications::put_back(tx, place, is_tried, cost).await
            })
            .await
    }

    async fn by_videos(
        &self,
        facts: &AdFacts,
        videos: &[Media],
        attempt: i32,
        bill: &Bill,
    ) -> Result<Found, Trouble> {
        let analysed = self.analyse(facts, videos, attempt, bill).await?;
        let copy = self.read_copy(facts, attempt, bill).await?;
        let judgement = Judgement::of_video(&analysed.analysis, &copy);
        let components = self
            .compare(facts, &analysed.analysis, attempt, bill)
            .await?;
        Ok(Found::Said(Box::new(Said {
            raw: json!({"video": analysed.analysis, "copy": judgement.copy, "primary_cta": judgement.primary_cta}),
            judgement,
            source: Source::GeminiVideo,
            hash: self.hash(facts, &digests(videos)),
            components,
            video: Some(analysed.id),
            model: analysed.model,
        })))
    }

    /// By stored pictures; where they cannot be read, by the thumbnail; where there is none, not at all.
    async fn by_pictures(
        &self,
        facts: &AdFacts,
        mut decision: Decision,
        attempt: i32,
        bill: &Bill,
    ) -> Result<Found, Trouble> {
        let mut media = facts.media.clone();
        loop {
            let source = decision.source();
            match &decision {
                Decision::Images(images) => {
                    match self.attach_images(&facts.ad, images, attempt).await? {
                        Ok(attached) => {
                            let digests = digests(images);
                            let hash = self.hash(facts, &digests);
                            let pictures = (attached.parts.clone(), digests.as_slice());
                            let looked = self.look_at(facts, pictures, attempt, bill).await;
                            self.detach(attached).await;
                            return looked.map(|looked| said(looked, source, hash));
                        }
                        Err(_) => media.failed.images = true,
                    }
                }
                Decision::Thumbnail(url) => match self.fetch(url).await {
                    Ok(thumbnail) => {
                        let digests = [thumbnail.sha256];
                        let hash = self.hash(facts, &digests);
                        if let Some(ending) = self.known(facts, thumbnail.sha256).await? {
                            return Ok(Found::Ending(ending));
                        }
                        let part = Part::Inline {
                            mime: thumbnail.mime.to_owned(),
                            bytes: thumbnail.bytes,
                        };
                        let looked = self.look_at(facts, (vec![part], &digests), attempt, bill);
                        return looked.await.map(|looked| said(looked, source, hash));
                    }
                    Err(_) => media.failed.thumbnail = true,
                },
                Decision::Skip(skip) => {
                    return Ok(Found::Ending(Ending::Skipped {
                        reason: skip.reason,
                        detail: skip.detail(),
                    }));
                }
                Decision::Videos(_) => {
                    return Ok(Found::Ending(Ending::Skipped {
                        reason: SkipReason::MissingVideoFile,
                        detail: None,
                    }));
                }
            }
            decision = decide(&media, Budget { videos: 0 });
        }
    }

    async fn conclude(
        &self,
        unit: &Unit,
        facts: &AdFacts,
        found: Found,
        cost: Decimal,
    ) -> Result<Ending, Trouble> {
        let now = self.run.now();
        let ended = self
            .run
            .db()
            .in_tx("keeping what is said of an ad", async |tx| {
                let ending = match &found {
                    Found::Ending(ending) => ending.clone(),
                    Found::Said(said) => {
                        let new = self.row(facts, said);
                        let kept = self.existing();
                        let id = classifications::insert(tx, self.brand, &new, kept).await?;
                        Ending::Classified(id)
                    }
                };
                let place = (self.run.id, unit.position);
                classifications::finish_unit(tx, place, &ending, cost, now).await?;
                Ok(ending)
            })
            .await?;
        Ok(ended)
    }

    fn row(&self, facts: &AdFacts, said: &Said) -> Classification {
        let page = facts.page.as_ref();
        Classification {
            ad: facts.ad.clone(),
            run: Some(self.run.id),
            judgement: said.judgement.clone(),
            landing_page: page.and_then(|page| page.id),
            landing_page_level: page.and_then(|page| page.level),
            components: said.components.clone(),
            video_analysis: said.video,
            source: said.source,
            prompt_version: PROMPT_VERSION.to_owned(),
            schema_version: SCHEMA_VERSION.to_owned(),
            content_hash: said.hash,
            model_used: said.model.clone(),
            raw: said.raw.clone(),
            classified_at: self.run.now(),
        }
    }
}

/// What came of looking at an ad.
enum Found {
    /// Something is to be kept.
    Said(Box<Said>),
    /// Nothing new is.
    Ending(Ending),
}

fn said(
    (judgement, answer): (Judgement, shared::clients::gemini::Answer),
    source: Source,
    hash: Digest,
) -> Found {
    Found::Said(Box::new(Said {
        judgement,
        source,
        hash,
        components: Components::default(),
        video: None,
        model: answer.model,
        raw: answer.value,
    }))
}
