//! What a question may cost, and what it has cost.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Bill, Question, Questions, Trouble, kind};
use crate::{
    clients::gemini::{Answer, GeminiError, Usage},
    domain::{JobError, UsageId, provider::Provider},
    store::usage::{self, Call, Reservation, Used},
};

impl<P> Questions<'_, P> {
    pub(super) async fn reserve(&self, question: &Question<'_>) -> Result<UsageId, Trouble> {
        let (input, output) = (question.input_tokens, question.output_tokens_max);
        let call = Call {
            organization: self.organization,
            run: self.run.id,
            provider: Provider::Google,
            model: question.model,
            tool_name: self.job_type.name(),
            operation: question.operation,
            estimate_usd: self.settings.prices.estimate(question.model, input, output),
        };
        let most = self.run_usd_max;
        let reserved = self
            .db
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
    pub(super) async fn pay(
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
        let prices = &self.settings.prices;
        let (model, now) = (question.model, self.run.now());
        if let Some(used) = used {
            let used = bought(used, prices.cost(model, &used), (took, told));
            bill.add(used.cost_usd);
            return self
                .db
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
        self.db
            .in_tx("giving back what was reserved", async |tx| {
                usage::release(tx, reserved).await
            })
            .await
            .map(drop)
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
