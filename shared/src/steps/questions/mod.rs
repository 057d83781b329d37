//! A question to a model, from the wish to spend until the bill: whatever asks Gemini asks it through this, so that
//! budgets and quotas hold for all.

mod money;
mod trouble;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::time::Instant;

pub use trouble::{Trouble, given_up, kind};

use crate::{
    clients::gemini::{Answer, Ask, Class, Gemini, GeminiError, Part},
    config,
    domain::{
        JobError, JobType, OrganizationId, chain,
        provider::{KeyId, Provider},
    },
    runtime::Run,
    store::{
        Database, Scope,
        logs::Level,
        provider_limits::{self, Quota, Turn},
    },
};

/// How often the same is asked again when Gemini is away for a moment.
const TRANSIENT_MAX: u32 = 2;

/// How often a piece of work is begun, in one invocation or several, before it is given up.
pub const ATTEMPTS_MAX: i32 = 3;

/// What a piece of work has cost so far, in US dollars.
#[derive(Debug, Default)]
pub struct Bill(Mutex<Decimal>);

impl Bill {
    fn add(&self, cost: Decimal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += cost;
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> Decimal {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question's text, and the shape of its answer.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What is asked.
    pub text: &'static str,
    /// A JSON schema.
    pub schema: Value,
}

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// What for, as in `light`.
    pub operation: &'static str,
    /// Who is asked.
    pub model: &'a str,
    /// What, and how it is answered.
    pub prompt: &'a Prompt,
    /// What it is about.
    pub parts: Vec<Part>,
    /// Tokens of the question, at most.
    pub input_tokens: u64,
    /// Tokens of the answer, at most, thoughts included.
    pub output_tokens_max: u32,
    /// How often the piece of work was begun, this time included.
    pub attempt: i32,
}

/// How often something was tried in vain.
#[derive(Debug, Default)]
struct Tries {
    transient: u32,
    answers: u32,
}

/// Who asks, in whose name, and how much it may cost.
#[derive(Debug)]
pub struct Questions<'a, P> {
    /// Where quotas and costs are kept.
    pub db: &'a Database,
    /// The run.
    pub run: &'a Run<P>,
    /// Its type, which the bill names.
    pub job_type: JobType,
    /// Whose money it is.
    pub organization: OrganizationId,
    /// The models.
    pub gemini: &'a Gemini,
    /// What they cost, and how often they may be asked.
    pub settings: &'a config::Gemini,
    /// The key that is used.
    pub key: &'a KeyId,
    /// What the run may spend, in US dollars.
    pub run_usd_max: Decimal,
    /// A wait up to this long is waited out in the invocation.
    pub patience: Duration,
    /// With less time left, nothing new is begun in this invocation.
    pub time_left_min: Duration,
}

/// What the key is known by, without saying it.
///
/// # Errors
/// `GiveUp` where there is none.
pub fn key(settings: &config::Gemini) -> Result<KeyId, JobError> {
    let key = settings.api_key.as_ref().ok_or_else(|| {
        JobError::give_up("GEMINI_API_KEY is not set: create a key in Google AI Studio and set it")
    })?;
    Ok(KeyId::of(key.expose()))
}

/// Tokens of a text, at most: one a byte, as in scripts that are rare.
#[must_use]
pub fn tokens(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

/// Something people wrote, as data: what is written in it is looked at and never obeyed.
#[must_use]
pub fn quoted(what: &str, data: &Value) -> Part {
    Part::Text(format!("{what}, as JSON data:\n{data}"))
}

impl<P> Questions<'_, P> {
    /// Asks, when it is our turn and the budget allows it, and pays.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn ask(&self, question: &Question<'_>, bill: &Bill) -> Result<Answer, Trouble> {
        let mut tries = Tries::default();
        loop {
            if self.run.time_left() < self.time_left_min / 2 {
                // An answer that comes too late is paid and lost: the next invocation asks.
                return Err(Trouble::not_now(Duration::ZERO));
            }
            self.take_turn(question.model).await?;
            let reserved = self.reserve(question).await?;
            let began = Instant::now();
            let answer = self.gemini.generate(&self.put(question)).await;
            let paid = self.pay(question, (reserved, began.elapsed()), &answer, bill);
            if let Err(error) = paid.await {
                // What was reserved counts as spent, and the answer is there.
                self.run.log(Level::Warn, error.chain());
            }
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => self.after(question, error, &mut tries).await?,
            }
        }
    }

    fn put<'q>(&self, question: &'q Question<'_>) -> Ask<'q> {
        let reserve = self.time_left_min / 4;
        Ask {
            model: question.model,
            system: question.prompt.text,
            parts: question.parts.clone(),
            schema: &question.prompt.schema,
            output_tokens_max: question.output_tokens_max,
            timeout: self.run.time_left().saturating_sub(reserve),
        }
    }

    fn quota<'q>(&'q self, model: &'q str) -> Quota<'q> {
        Quota {
            provider: Provider::Google,
            key: self.key,
            model,
        }
    }

    /// Waits until the key may be used once more.
    async fn take_turn(&self, model: &str) -> Result<(), Trouble> {
        let per_minute = self.settings.requests_per_minute;
        // All that use the key share its allowance.
        let everybody = self.db.within(Scope::Installation);
        loop {
            let turn = everybody
                .in_tx("waiting for a turn", async |tx| {
                    provider_limits::take(tx, self.quota(model), per_minute, self.run.now()).await
                })
                .await?;
            match turn {
                Turn::Granted => return Ok(()),
                Turn::Wait(delay) if self.can_wait(delay) => tokio::time::sleep(delay).await,
                Turn::Wait(delay) => return Err(Trouble::not_now(delay)),
            }
        }
    }

    fn can_wait(&self, delay: Duration) -> bool {
        delay <= self.patience && delay + self.time_left_min <= self.run.time_left()
    }

    /// What follows from an error; `Ok` when the same is to be asked once more.
    async fn after(
        &self,
        question: &Question<'_>,
        error: GeminiError,
        tries: &mut Tries,
    ) -> Result<(), Trouble> {
        match error.class() {
            Class::Throttled | Class::Daily => {
                let pause = error.pause(self.run.now());
                self.leave_alone(question.model, pause).await?;
                Err(Trouble::not_now(pause))
            }
            // What may be paid is asked once more at most, like what is paid.
            _ if error.may_be_paid() && tries.answers > 0 => Err(given_up(&error)),
            Class::Transient if error.may_be_paid() => {
                tries.answers += 1;
                Ok(())
            }
            Class::Transient if tries.transient < TRANSIENT_MAX => {
                tries.transient += 1;
                let wait = Duration::from_secs(1 << tries.transient);
                tokio::time::sleep(wait.min(self.patience)).await;
                Ok(())
            }
            Class::Transient if question.attempt < ATTEMPTS_MAX => Err(Trouble::Rest {
                delay: error.pause(self.run.now()),
                is_tried: true,
            }),
            Class::Answer if tries.answers == 0 => {
                tries.answers += 1;
                Ok(())
            }
            Class::Config => Err(Trouble::Run(JobError::give_up(chain(&error)))),
            Class::Transient | Class::Answer | Class::Input | Class::File => Err(given_up(&error)),
        }
    }

    /// Tells every function that the key is not to be used for a while.
    async fn leave_alone(&self, model: &str, pause: Duration) -> Result<(), JobError> {
        let now = self.run.now();
        let until = now + TimeDelta::from_std(pause).unwrap_or_default();
        self.db
            .within(Scope::Installation)
            .in_tx("noting a pause", async |tx| {
                provider_limits::pause(tx, self.quota(model), until, now).await
            })
            .await
    }
}
