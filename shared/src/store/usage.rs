//! Rows of `token_usage` and `usage_limits`: what models cost, and what they may cost.
//!
//! Before each call its price is estimated and reserved; after it the estimate gives way to what it did cost. A
//! reservation that nobody settles, as of a function that was killed, goes on counting as if it had been spent:
//! it may have been.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    domain::{OrganizationId, RunId, UsageId, provider::Provider},
    store::Tx,
};

/// A call that is to be paid for.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    /// Who pays.
    pub organization: OrganizationId,
    /// For which run.
    pub run: RunId,
    /// Who is asked.
    pub provider: Provider,
    /// Which model.
    pub model: &'a str,
    /// By which part of the program, as in `ad_classification`.
    pub tool_name: &'a str,
    /// What for, as in `light`.
    pub operation: &'a str,
    /// What it will cost at most, in US dollars.
    pub estimate_usd: Decimal,
}

/// What a call cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// Tokens that were sent.
    pub input_tokens: i64,
    /// Tokens that came back, thoughts included.
    pub output_tokens: i64,
    /// What that cost, in US dollars.
    pub cost_usd: Decimal,
    /// How long it took.
    pub duration: Duration,
    /// What else is to be known of it; an object.
    pub metadata: Value,
}

/// Which limit a call would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// That of the run.
    Run,
    /// The organization's, of the month.
    Month,
}

/// What became of the wish to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The call may be made.
    Reserved(UsageId),
    /// It may not.
    Refused {
        /// Because of which limit.
        by: Limit,
        /// What is left below it, in US dollars; never below nought.
        left: Decimal,
    },
}

/// Reserves what a call will cost at most. Of two reservations of an organization, the second waits for the
/// transaction of the first, so that together they never exceed a limit.
///
/// A month is one of UTC. What is reserved counts like what is spent, and earlier attempts count as the run. Without a limit of the month that is enabled,
/// only that of the run counts.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if there is no such organization: nothing may be spent then.
pub async fn reserve(
    tx: &mut Tx,
    call: &Call<'_>,
    run_limit_usd: Decimal,
    now: DateTime<Utc>,
) -> sqlx::Result<Reservation> {
    sqlx::query_scalar!(
        "select id from organizations where id = $1 for no key update",
        call.organization.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let left = left(tx, call, run_limit_usd, now).await?;
    let refused = left.into_iter().find(|(_, left)| call.estimate_usd > *left);
    match refused {
        Some((by, left)) => Ok(Reservation::Refused {
            by,
            left: left.max(Decimal::ZERO),
        }),
        None => Ok(Reservation::Reserved(open(tx, call, now).await?)),
    }
}

/// What is left below each limit that there is.
async fn left(
    tx: &mut Tx,
    call: &Call<'_>,
    run_limit_usd: Decimal,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(Limit, Decimal)>> {
    let spent = sqlx::query!(
        r#"
        with recursive attempts (id) as (
            select $2::uuid
             union all
            select earlier.id from scheduled_job_runs as earlier join attempts on earlier.retry_run_id = attempts.id
        )
        select (select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0)
                  from token_usage where run_id in (select id from attempts)) as "of_run!",
               (select limits.limit_value - (
                           select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0)
                             from token_usage
                            where organization_id = $1 and created_at >= date_trunc('month', $3::timestamptz, 'UTC'))
                  from usage_limits as limits
                 where limits.organization_id = $1 and limits.limit_type = 'monthly_cost' and limits.enabled) as left_of_month
        "#,
        call.organization.0,
        call.run.0,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    let of_month = spent.left_of_month.map(|left| (Limit::Month, left));
    let of_run = (Limit::Run, run_limit_usd - spent.of_run);
    Ok([Some(of_run), of_month].into_iter().flatten().collect())
}

async fn open(tx: &mut Tx, call: &Call<'_>, now: DateTime<Utc>) -> sqlx::Result<UsageId> {
    sqlx::query_scalar!(
        r#"
        insert into token_usage (organization_id, run_id, provider, model, tool_name, operation, reserved_usd, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
     returning id as "id: UsageId"
        "#,
        call.organization.0,
        call.run.0,
        call.provider.name(),
        call.model,
        call.tool_name,
        call.operation,
        call.estimate_usd,
        now,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Writes what a call did cost, in place of what was reserved for it. False when that was done before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn settle(
    tx: &mut Tx,
    id: UsageId,
    used: &Used,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update token_usage
           set input_tokens = $2, output_tokens = $3, cost_usd = $4, duration_ms = $5, request_metadata = $6,
               settled_at = $7
         where id = $1 and settled_at is null
        "#,
        id.0,
        used.input_tokens,
        used.output_tokens,
        used.cost_usd,
        i64::try_from(used.duration.as_millis()).unwrap_or(i64::MAX),
        used.metadata,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What a run and its earlier attempts have spent, in millionths of a US dollar; what is reserved counts.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_run(tx: &mut Tx, run: RunId) -> sqlx::Result<u64> {
    let micros = sqlx::query_scalar!(
        r#"
        with recursive attempts (id) as (
            select $1::uuid
             union all
            select earlier.id from scheduled_job_runs as earlier join attempts on earlier.retry_run_id = attempts.id
        )
        select trunc(coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) * 1000000)::bigint as "micros!"
          from token_usage where run_id in (select id from attempts)
        "#,
        run.0,
    );
    Ok(micros.fetch_one(&mut **tx).await?.unsigned_abs())
}

/// Gives back what was reserved for a call that was not made, or that is not charged for. False when it was settled.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn release(tx: &mut Tx, id: UsageId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from token_usage where id = $1 and settled_at is null",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
