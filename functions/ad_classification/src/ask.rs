//! A question to a model, from the wish to spend until the bill.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::{
    clients::gemini::{Answer, Ask, Class, GeminiError, Part, Usage},
    domain::{JobError, JobType, UsageId, provider::Provider},
    store::{
        logs::Level,
        provider_limits::{self, Quota, Turn},
        usage::{self, Call, Reservation, Used},
    },
};
use tokio::time::Instant;

use crate::{
    prompts::Prompt,
    trouble::{Trouble, given_up, kind, told},
    work::Work,
};

/// How often the same is asked again when Gemini is away for a moment.
const TRANSIENT_MAX: u32 = 2;

/// How often an ad is begun, in one invocation or several, before it is given up.
pub(crate) const ATTEMPTS_MAX: i32 = 3;

/// What an ad has cost so far, in US dollars.
#[derive(Debug, Default)]
pub(crate) struct Bill(Mutex<Decimal>);

impl Bill {
    fn add(&self, cost: Decimal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += cost;
    }

    pub(crate) fn total(&self) -> Decimal {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// What for, as in `light`.
    pub(crate) operation: &'static str,
    pub(crate) model: &'a str,
    pub(crate) prompt: &'a Prompt,
    pub(crate) parts: Vec<Part>,
    /// Tokens of the question, at most.
    pub(crate) input_tokens: u64,
    /// Tokens of the answer, at most.
    pub(crate) output_tokens_max: u32,
    /// How often the ad was begun, this time included.
    pub(crate) attempt: i32,
}

/// How often something was tried in vain.
#[derive(Debug, Default)]
struct Tries {
    transient: u32,
    answers: u32,
}

impl Work<'_> {
    /// Asks, when it is our turn and the budget allows it, and pays.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(crate) async fn ask(
        &self,
        question: &Question<'_>,
        bill: &Bill,
    ) -> Result<Answer, Trouble> {
        let mut tries = Tries::default();
        loop {
            if self.run.time_left() < self.time_left_min / 2 {
                // An answer that comes too late is paid and lost: the next invocation asks.
                return Err(Trouble::not_now(Duration::ZERO));
            }
            self.take_turn(question.model).await?;
            let reserved = self.reserve(question).await?;
            let began = Instant::now();
            let answer = self.clients.gemini.generate(&self.put(question)).await;
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
            key: &self.key,
            model,
        }
    }

    /// Waits until the key may be used once more.
    async fn take_turn(&self, model: &str) -> Result<(), Trouble> {
        let per_minute = self.clients.settings.gemini.requests_per_minute;
        loop {
            let turn = self
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
        delay <= self.clients.patience && delay + self.time_left_min <= self.run.time_left()
    }

    async fn reserve(&self, question: &Question<'_>) -> Result<UsageId, Trouble> {
        let settings = &self.clients.settings;
        let (input, output) = (question.input_tokens, question.output_tokens_max);
        let call = Call {
            organization: self.organization,
            run: self.run.id,
            provider: Provider::Google,
            model: question.model,
            tool_name: JobType::AdClassification.name(),
            operation: question.operation,
            estimate_usd: settings
                .gemini
                .prices
                .estimate(question.model, input, output),
        };
        let most = settings.classification.run_usd_max;
        let reserved = self
            .in_tx("reserving money", async |tx| {
                usage::reserve(tx, &call, most, self.run.now()).await
            })
            .await?;
        match reserved {
            Reservation::Reserved(id) => Ok(id),
            Reservation::Refused { by, left } => Err(Trouble::Spent { by, left }),
        }
    }

    /// Writes down what it cost. Where nobody knows, what was reserved counts as spent.
    async fn pay(
        &self,
        question: &Question<'_>,
        (reserved, took): (UsageId, Duration),
        answer: &Result<Answer, GeminiError>,
        bill: &Bill,
    ) -> Result<(), JobError> {
        let (used, told) = match answer {
            Ok(answer) => (Some(answer.usage), json!({"model_version": answer.model})),
            Err(error) => (error.usage(), json!({"error": kind(error)})),
        };
        let prices = &self.clients.settings.gemini.prices;
        let (model, now) = (question.model, self.run.now());
        if let Some(used) = used {
            let used = bought(used, prices.cost(model, &used), (took, told));
            bill.add(used.cost_usd);
            return self
                .in_tx("writing down what an answer cost", async |tx| {
                    usage::settle(tx, reserved, &used, now).await
                })
                .await
                .map(drop);
        }
        if answer.as_ref().is_err_and(GeminiError::may_be_paid) {
            bill.add(prices.estimate(model, question.input_tokens, question.output_tokens_max));
            return Ok(());
        }
        self.in_tx("giving back what was reserved", async |tx| {
            usage::release(tx, reserved).await
        })
        .await
        .map(drop)
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
                tokio::time::sleep(wait.min(self.clients.patience)).await;
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
            Class::Config => Err(Trouble::Run(JobError::give_up(told(&error)))),
            Class::Transient | Class::Answer | Class::Input | Class::File => Err(given_up(&error)),
        }
    }

    /// Tells every function that the key is not to be used for a while.
    async fn leave_alone(&self, model: &str, pause: Duration) -> Result<(), JobError> {
        let now = self.run.now();
        let until = now + TimeDelta::from_std(pause).unwrap_or_default();
        self.in_tx("noting a pause", async |tx| {
            provider_limits::pause(tx, self.quota(model), until, now).await
        })
        .await
    }
}

fn bought(usage: Usage, cost_usd: Decimal, (duration, metadata): (Duration, Value)) -> Used {
    let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Used {
        input_tokens: tokens(usage.input_tokens),
        output_tokens: tokens(usage.output_tokens),
        cost_usd,
        duration,
        metadata,
    }
}
