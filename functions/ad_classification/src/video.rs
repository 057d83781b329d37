//! The analysis of an ad's video, once for the same bytes.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::Deserialize as _;
use shared::{
    clients::gemini::Answer,
    domain::{
        VideoAnalysisId,
        classification::{Components, Media, VideoAnalysis, VideoAnswer, VideoStatus},
    },
    steps::{
        congruence,
        questions::{Bill, Question, Trouble, tokens},
    },
    store::{
        classifications::{AdFacts, Asked, Existing, Reuse},
        landing_pages,
        logs::Level,
        video_analyses::{self, Key, Origin},
    },
};

use crate::{
    files::Attached, known::digests, look::says_nothing, prompts::PROMPT_VERSION, work::Work,
};

/// Tokens of a second of video with its sound. **Source:** Gemini API, "Understand and count tokens".
const SECOND_TOKENS: u64 = 258 + 32;

/// Length of a video whose length is not known, for the estimate, in seconds: longer than nearly every ad.
const SECONDS_GUESSED: u64 = 300;

/// Tokens of an answer about a video, thoughts included.
const OUTPUT_TOKENS_MAX: u32 = 32_768;

/// An analysis that is kept.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) id: VideoAnalysisId,
    pub(crate) analysis: VideoAnalysis,
    pub(crate) model: String,
}

impl Work<'_> {
    /// The analysis of these videos: the one that is kept, or a new one.
    pub(crate) async fn analyse(
        &self,
        facts: &AdFacts,
        videos: &[Media],
        attempt: i32,
        bill: &Bill,
    ) -> Result<Analysed, Trouble> {
        let asked = self.video(facts, &digests(videos));
        let key = Key {
            brand: self.brand,
            ad: &facts.ad,
            prompt_version: PROMPT_VERSION,
            input_hash: &asked.content_hash,
        };
        if let Some(kept) = self.kept(key).await? {
            return Ok(kept);
        }
        let attached = self.attach_files(&facts.ad, videos, attempt).await?;
        let answer = self.watch((asked, &attached), videos, attempt, bill).await;
        // Kept first: what is paid must not be lost to a slow farewell.
        let analysed = match answer {
            Ok(answer) => self.keep(facts, (key, videos), answer).await,
            Err(trouble) => Err(trouble),
        };
        self.detach(attached).await;
        analysed
    }

    async fn keep(
        &self,
        facts: &AdFacts,
        (key, videos): (Key<'_>, &[Media]),
        answer: Answer,
    ) -> Result<Analysed, Trouble> {
        let said = VideoAnswer::deserialize(&answer.value).map_err(|_| says_nothing())?;
        let main = videos.first();
        let analysis = said.validated(main.and_then(|video| video.duration_seconds));
        let origin = Origin {
            creative_id: facts.creative_id.clone(),
            video_id: facts.video_id.clone(),
            storage_path: main
                .map(|video| video.storage_path.clone())
                .unwrap_or_default(),
            model_used: answer.model.clone(),
            raw_response: answer.value,
            analyzed_at: self.run.now(),
        };
        let id = self
            .run
            .db()
            .in_tx("keeping the analysis of a video", async |tx| {
                video_analyses::insert(tx, key, &origin, &analysis, self.existing()).await
            })
            .await?;
        Ok(Analysed {
            id,
            analysis,
            model: answer.model,
        })
    }

    async fn kept(&self, key: Key<'_>) -> Result<Option<Analysed>, Trouble> {
        let found = self
            .run
            .db()
            .in_tx("looking for the analysis of a video", async |tx| {
                let Some(id) = video_analyses::find(tx, key, self.reuse()).await? else {
                    return Ok(None);
                };
                let analysis = video_analyses::read(tx, self.brand, id).await?;
                let model = video_analyses::model_of(tx, self.brand, id).await?;
                Ok(analysis.zip(model).map(|(analysis, model)| Analysed {
                    id,
                    analysis,
                    model,
                }))
            })
            .await?;
        Ok(found)
    }

    async fn watch(
        &self,
        (asked, attached): (Asked<'_>, &Attached),
        videos: &[Media],
        attempt: i32,
        bill: &Bill,
    ) -> Result<Answer, Trouble> {
        let question = Question {
            operation: asked.operation,
            model: asked.model,
            prompt: &self.clients.prompts.video,
            parts: attached.parts.clone(),
            input_tokens: tokens(self.clients.prompts.video.text)
                + videos.iter().map(video_tokens).sum::<u64>(),
            output_tokens_max: OUTPUT_TOKENS_MAX,
            attempt,
        };
        self.ask(asked, &question, bill).await
    }

    /// The video beside the page it leads to; nothing where that was not read, or says something else by now. What
    /// goes wrong with this leaves the classification as it is: `congruence_reanalysis` asks again.
    pub(crate) async fn compare(
        &self,
        facts: &AdFacts,
        video: &VideoAnalysis,
        attempt: i32,
        bill: &Bill,
    ) -> Result<Components, Trouble> {
        let Some((id, hash)) = facts
            .page
            .as_ref()
            .and_then(|page| page.id.zip(page.content_hash))
        else {
            return Ok(Components::default());
        };
        let page = self
            .run
            .db()
            .in_tx("reading the page of an ad", async |tx| {
                landing_pages::read(tx, self.brand, id).await
            })
            .await?
            .filter(|page| page.content.content_hash == hash);
        let (Some(page), VideoStatus::Ok) = (page, video.status) else {
            return Ok(Components::default());
        };
        let asking = (&self.questions, &self.clients.prompts.congruence);
        match congruence::compare(asking, (video, &page), attempt, bill).await {
            Err(Trouble::Run(error)) => Err(error.into()),
            // What was paid is kept, whatever this has to wait for.
            Err(trouble) => {
                let ad = &facts.ad;
                let line = format!("Ad {ad} is not compared with its page: {trouble}");
                self.run.log(Level::Warn, line);
                Ok(Components::default())
            }
            compared => compared,
        }
    }

    /// What of what is kept may be used: where everything is wanted anew, what this run has made.
    pub(crate) fn reuse(&self) -> Reuse {
        Reuse {
            since: self.run.params.force.then_some(self.began),
            is_stand_in_good: self.clients.settings.gemini.is_stand_in(),
        }
    }

    /// What becomes of what is kept already: it stays, unless everything is wanted anew.
    pub(crate) fn existing(&self) -> Existing {
        match self.run.params.force {
            true => Existing::Replaced,
            false => Existing::Kept,
        }
    }
}

fn video_tokens(video: &Media) -> u64 {
    let seconds = video.duration_seconds.map(|it| it.ceil());
    let seconds = seconds.as_ref().and_then(Decimal::to_u64);
    seconds
        .unwrap_or(SECONDS_GUESSED)
        .saturating_mul(SECOND_TOKENS)
}
