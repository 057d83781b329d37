//! The pages that ads lead to: what is written there, and to whom they speak. Both are found out before the ads are
//! looked at, and once for each page, however many ads lead to it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::{StreamExt as _, stream};
use serde::Deserialize as _;
use shared::{
    clients::pages::Pages,
    domain::{
        JobError, LandingPageId,
        classification::{Level as Awareness, PageAnswer},
    },
    steps::{
        congruence::{page_data, text_tokens},
        landing_pages::{AT_ONCE, Options, STALE_AFTER, read_missing},
        questions::{ATTEMPTS_MAX, Bill, Question, Trouble, quoted, tokens},
    },
    store::{classifications, landing_pages, logs::Level},
};

use crate::{
    look::says_nothing,
    place::Place,
    work::{End, Stop, Work},
};

/// In how many segments it is asked to whom pages speak: one on which Gemini hangs must not keep ads waiting for ever.
const ROUNDS_MAX: u32 = 3;

/// Tokens of an answer about a page, thoughts included.
const OUTPUT_TOKENS_MAX: u32 = 4_096;

impl Work<'_> {
    /// Reads the pages that ads of the plan lead to, where that is wanted, and finds out to whom they speak.
    ///
    /// # Errors
    /// [`JobError`] when the run cannot go on, or is to go on later. A page that cannot be read or judged is no error.
    pub(crate) async fn pages(&self, place: &mut Place) -> Result<End, JobError> {
        if self.run.params.scrape_missing_lp
            && !place.pages.are_read
            && self.read_pages(place).await? == End::OutOfTime
        {
            return Ok(End::OutOfTime);
        }
        if place.pages.are_judged || place.pages.rounds >= ROUNDS_MAX {
            return Ok(End::Over);
        }
        place.pages.rounds += 1;
        self.run.checkpoint(Some(&place.cursor()?)).await?;
        match self.judge_pages().await? {
            Some(Stop::OutOfTime) => return Ok(End::OutOfTime),
            // Ads that are known cost nothing; of the others, each finds out for itself what may be spent.
            Some(Stop::Spent(why)) => {
                let line = format!("To whom some pages speak is not known: {why}");
                self.run.log(Level::Warn, line);
            }
            Some(stop) => self.end_or_wait(stop, place)?,
            None => {}
        }
        place.pages.are_judged = true;
        self.run.checkpoint(Some(&place.cursor()?)).await?;
        Ok(End::Over)
    }

    async fn read_pages(&self, place: &mut Place) -> Result<End, JobError> {
        let done = u32::try_from(place.pages.read + place.pages.failed).unwrap_or(u32::MAX);
        let options = Options {
            at_most: self.run.params.max_new.get().saturating_sub(done),
            at_once: AT_ONCE,
            stale_after: STALE_AFTER,
            time_left_min: self.time_left_min,
        };
        let pages = Pages::open(self.clients.web.clone());
        let tally = read_missing(self.run, self.brand, &pages, options).await?;
        place.pages.read += tally.read;
        place.pages.failed += tally.failed;
        place.pages.are_read = !tally.is_out_of_time;
        self.run.checkpoint(Some(&place.cursor()?)).await?;
        Ok(match tally.is_out_of_time {
            true => End::OutOfTime,
            false => End::Over,
        })
    }

    /// Finds out to whom pages speak, several at a time. Nothing more is begun once one of them met trouble.
    async fn judge_pages(&self) -> Result<Option<Stop>, JobError> {
        let limit = i64::from(self.run.params.max_new.get());
        let plan = (self.brand, self.run.id);
        let pages = self
            .run
            .db()
            .in_tx("looking for pages nobody has judged", async |tx| {
                landing_pages::unjudged_of_run(tx, plan, limit).await
            })
            .await?;
        let is_stopped = &AtomicBool::new(false);
        let judged: Vec<Option<Stop>> = stream::iter(pages)
            .map(|page| async move {
                if is_stopped.load(Relaxed) {
                    return None;
                }
                let stop = match self.is_short_of_time() {
                    true => Some(Stop::OutOfTime),
                    false => self.judge_page(page).await.err().map(Stop::from),
                };
                is_stopped.fetch_or(stop.is_some(), Relaxed);
                stop
            })
            .buffer_unordered(self.clients.settings.classification.at_once)
            .collect()
            .await;
        Ok(judged.into_iter().flatten().max_by_key(Stop::gravity))
    }

    async fn judge_page(&self, id: LandingPageId) -> Result<(), Trouble> {
        let found = self
            .run
            .db()
            .in_tx("reading a page", async |tx| {
                landing_pages::read(tx, self.brand, id).await
            })
            .await?;
        let Some(page) = found else { return Ok(()) };
        let part = quoted("The page", &page_data(&page));
        let prompt = &self.clients.prompts.page;
        let question = Question {
            operation: "landing_page",
            model: &self.clients.settings.gemini.model,
            prompt,
            input_tokens: tokens(prompt.text) + text_tokens(&part),
            parts: vec![part],
            output_tokens_max: OUTPUT_TOKENS_MAX,
            attempt: ATTEMPTS_MAX,
        };
        let answer = self.questions.ask(&question, &Bill::default()).await;
        let said = answer
            .and_then(|answer| PageAnswer::deserialize(&answer.value).map_err(|_| says_nothing()));
        let level: Option<Awareness> = match said {
            Ok(said) => said.level(),
            Err(trouble @ Trouble::Ad { .. }) => {
                let line = format!("To whom the page {id} speaks is not known: {trouble}");
                self.run.log(Level::Warn, line);
                if trouble.may_pass() {
                    return Ok(());
                }
                None
            }
            Err(other) => return Err(other),
        };
        let hash = page.content.content_hash;
        self.run
            .db()
            .in_tx("noting to whom a page speaks", async |tx| {
                let is_noted = landing_pages::analyzed(tx, (self.brand, id), &hash, level).await?;
                if let Some(level) = level.filter(|_| is_noted) {
                    // Ads that were looked at while it was not known.
                    classifications::tell_level(tx, (self.brand, id), level).await?;
                }
                Ok(())
            })
            .await?;
        self.run.checkpoint(None).await?;
        Ok(())
    }
}
