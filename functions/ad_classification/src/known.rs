//! What is known of an ad before anything is asked: what was said of the same content, or that the same question was
//! refused. A refusal is remembered, since asking again would cost the same and come to the same.

use shared::{
    clients::gemini::Answer,
    domain::{
        JobError,
        classification::{Budget, Decision, Digest, SkipReason, content_hash, decide, digest_of},
    },
    steps::questions::{Bill, Question, Trouble},
    store::{
        classifications::{self, AdFacts, Asked, Ending, Refused},
        logs::Level,
    },
};

use crate::{
    prompts::{PROMPT_VERSION, SCHEMA_VERSION},
    work::Work,
};

/// What a look at an ad is told apart by.
pub(crate) const VERSIONS: (&str, &str) = (PROMPT_VERSION, SCHEMA_VERSION);

impl Work<'_> {
    /// Digest of all that a classification rests on.
    pub(crate) fn hash(&self, facts: &AdFacts, media: &[Digest]) -> Digest {
        let page = facts.page.as_ref().and_then(|page| page.content_hash);
        content_hash(media, &facts.copy, page.as_ref())
    }

    /// A look at pictures and text. The page behind them is no part of it.
    pub(crate) fn light<'f>(&'f self, facts: &'f AdFacts, pictures: &[Digest]) -> Asked<'f> {
        Asked {
            ad: &facts.ad,
            operation: "light",
            model: &self.clients.settings.gemini.model,
            content_hash: content_hash(pictures, &facts.copy, None),
        }
    }

    /// A look at videos.
    pub(crate) fn video<'f>(&'f self, facts: &'f AdFacts, videos: &[Digest]) -> Asked<'f> {
        Asked {
            ad: &facts.ad,
            operation: "video",
            model: &self.clients.settings.gemini.video_model,
            content_hash: digest_of(videos),
        }
    }

    /// A look at the text beside a video.
    pub(crate) fn copy<'f>(&'f self, facts: &'f AdFacts) -> Asked<'f> {
        Asked {
            ad: &facts.ad,
            operation: "copy",
            model: &self.clients.settings.gemini.model,
            content_hash: content_hash(&[], &facts.copy, None),
        }
    }

    /// What would be asked about stored media; nothing where nothing is stored.
    pub(crate) fn questions_of<'f>(&'f self, facts: &'f AdFacts) -> Vec<Asked<'f>> {
        match decide(&facts.media, Budget { videos: 1 }) {
            Decision::Videos(videos) => {
                let text = (!facts.copy.is_empty()).then(|| self.copy(facts));
                let video = self.video(facts, &digests(&videos));
                [video].into_iter().chain(text).collect()
            }
            Decision::Images(images) => vec![self.light(facts, &digests(&images))],
            Decision::Thumbnail(_) | Decision::Skip(_) => vec![],
        }
    }

    /// What became of the same picture and text before.
    pub(crate) async fn known(
        &self,
        facts: &AdFacts,
        picture: Digest,
    ) -> Result<Option<Ending>, Trouble> {
        let content = [(facts.ad.clone(), self.hash(facts, &[picture]))];
        let asked = [self.light(facts, &[picture])];
        let (brand, reuse) = (self.brand, self.reuse());
        let (said, refused) = self
            .run
            .db()
            .in_tx("looking for an earlier classification", async |tx| {
                let said = classifications::reusable(tx, brand, &content, VERSIONS, reuse).await?;
                let refused = classifications::refused(tx, brand, &asked, VERSIONS, reuse).await?;
                Ok((said, refused))
            })
            .await?;
        let said = said.get(&facts.ad).map(|said| Ending::Cached(said.id));
        Ok(said.or_else(|| refused.get(&facts.ad).map(left_out)))
    }

    /// Asks about an ad, and remembers a refusal until the same is answered.
    pub(crate) async fn ask(
        &self,
        asked: Asked<'_>,
        question: &Question<'_>,
        bill: &Bill,
    ) -> Result<Answer, Trouble> {
        let answer = self.questions.ask(question, bill).await;
        let noted = match &answer {
            Err(trouble) => match trouble.refusal() {
                Some(message) => self.remember(asked, message).await,
                None => Ok(()),
            },
            // Only then may there have been a refusal.
            Ok(_) if self.run.params.force => self.forget(asked).await,
            Ok(_) => Ok(()),
        };
        if let Err(error) = noted {
            // What is paid must not be lost for it; at worst the same is asked once more.
            self.run.log(Level::Warn, error.chain());
        }
        answer
    }

    async fn remember(&self, asked: Asked<'_>, message: &str) -> Result<(), JobError> {
        let refused = Refused {
            operation: asked.operation.to_owned(),
            message: message.to_owned(),
            is_of_stand_in: self.clients.settings.gemini.is_stand_in(),
            at: self.run.now(),
        };
        self.run
            .db()
            .in_tx("remembering a refusal", async |tx| {
                classifications::refuse(tx, self.brand, asked, VERSIONS, &refused).await
            })
            .await
    }

    async fn forget(&self, asked: Asked<'_>) -> Result<(), JobError> {
        self.run
            .db()
            .in_tx("forgetting a refusal", async |tx| {
                classifications::forget(tx, self.brand, asked, VERSIONS).await
            })
            .await
    }
}

/// What becomes of an ad that was refused.
pub(crate) fn left_out(refused: &Refused) -> Ending {
    let Refused {
        operation,
        message,
        at,
        ..
    } = refused;
    Ending::Skipped {
        reason: SkipReason::RefusedBefore,
        detail: Some(format!("{operation} on {}: {message}", at.date_naive())),
    }
}

/// Digests of media, in order.
pub(crate) fn digests(media: &[shared::domain::classification::Media]) -> Vec<Digest> {
    media.iter().map(|medium| medium.sha256).collect()
}
