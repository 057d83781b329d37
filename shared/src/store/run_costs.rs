//! Rows of `token_usage`, as what one run cost.

use rust_decimal::Decimal;

use crate::{domain::RunId, store::Tx};

/// What a run paid one model for.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCost {
    /// Who was asked.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// How often.
    pub calls: i64,
    /// Tokens in both directions.
    pub tokens: i64,
    /// In US dollars; of calls that nobody settled, what was reserved.
    pub cost_usd: Decimal,
    /// Calls that nobody settled, as of a function that was killed.
    pub unsettled: i64,
}

/// What a run paid, by provider and model, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn of_run(tx: &mut Tx, run: RunId, limit: i64) -> sqlx::Result<Vec<RunCost>> {
    sqlx::query_as!(
        RunCost,
        r#"
        select provider, model, count(*) as "calls!",
               coalesce(sum(total_tokens), 0)::bigint as "tokens!",
               sum(coalesce(cost_usd, reserved_usd)) as "cost_usd!",
               count(*) filter (where settled_at is null) as "unsettled!"
          from token_usage
         where run_id = $1
         group by provider, model
         order by provider, model
         limit $2
        "#,
        run as RunId,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
