//! One look at pictures and the text beside them.

use serde::Deserialize as _;
use shared::{
    clients::gemini::{Answer, Part},
    domain::classification::{CopyAnswer, Digest, Judgement, LightAnswer},
    steps::questions::{Bill, Question, Trouble, tokens},
    store::classifications::AdFacts,
};

use crate::{prompts::quoted, work::Work};

/// Tokens of a picture, at most: 258 for each of its tiles of 768 by 768, of which twenty cover 4K.
/// **Source:** Gemini API, "Understand and count tokens".
const PICTURE_TOKENS: u64 = 20 * 258;

/// Tokens of an answer about pictures or a text, thoughts included.
const OUTPUT_TOKENS_MAX: u32 = 4_096;

impl Work<'_> {
    /// What pictures and text say.
    pub(crate) async fn look_at(
        &self,
        facts: &AdFacts,
        (pictures, digests): (Vec<Part>, &[Digest]),
        attempt: i32,
        bill: &Bill,
    ) -> Result<(Judgement, Answer), Trouble> {
        let count = u64::try_from(pictures.len()).unwrap_or(u64::MAX);
        let mut parts = pictures;
        parts.push(quoted(&facts.copy));
        let asked = self.light(facts, digests);
        let question = Question {
            operation: asked.operation,
            model: asked.model,
            prompt: &self.clients.prompts.light,
            parts,
            input_tokens: tokens(self.clients.prompts.light.text)
                + tokens(&facts.copy)
                + count.saturating_mul(PICTURE_TOKENS),
            output_tokens_max: OUTPUT_TOKENS_MAX,
            attempt,
        };
        let answer = self.ask(asked, &question, bill).await?;
        let said = LightAnswer::deserialize(&answer.value).ok();
        match said.and_then(|said| said.judged()) {
            Some(judgement) => Ok((judgement, answer)),
            None => Err(says_nothing()),
        }
    }

    /// What an ad's text alone says; of no text, nothing.
    pub(crate) async fn read_copy(
        &self,
        facts: &AdFacts,
        attempt: i32,
        bill: &Bill,
    ) -> Result<CopyAnswer, Trouble> {
        let copy = facts.copy.as_str();
        if copy.is_empty() {
            return Ok(CopyAnswer::default());
        }
        let asked = self.copy(facts);
        let question = Question {
            operation: asked.operation,
            model: asked.model,
            prompt: &self.clients.prompts.copy,
            parts: vec![quoted(copy)],
            input_tokens: tokens(self.clients.prompts.copy.text) + tokens(copy),
            output_tokens_max: OUTPUT_TOKENS_MAX,
            attempt,
        };
        let answer = self.ask(asked, &question, bill).await?;
        CopyAnswer::deserialize(&answer.value).map_err(|_| says_nothing())
    }
}

/// The answer is of the right shape and says nothing.
pub(crate) fn says_nothing() -> Trouble {
    Trouble::Ad {
        kind: "says_nothing",
        message: "Gemini's answer says nothing of the ad".to_owned(),
    }
}
