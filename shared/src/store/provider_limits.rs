//! Rows of `provider_limits`: how often a provider may be asked, over all instances of all functions.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::{
    domain::provider::{Bucket, KeyId, Provider},
    store::Tx,
};

/// What shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota<'a> {
    /// Who is asked.
    pub provider: Provider,
    /// By which key.
    pub key: &'a KeyId,
    /// Which model.
    pub model: &'a str,
}

/// Whether a request may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may.
    Granted,
    /// It may not before this long; then it has to ask again, and others may be faster.
    Wait(Duration),
}

/// Takes one request out of what may leave in a minute: never more than that do in any minute, whoever asks.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer; then nothing may leave.
pub async fn take(
    tx: &mut Tx,
    quota: Quota<'_>,
    requests_per_minute: u32,
    now: DateTime<Utc>,
) -> sqlx::Result<Turn> {
    let bucket = Bucket::of(requests_per_minute);
    fill(tx, quota, bucket.burst.into(), now).await?;
    // An instance whose clock is behind finds a bucket of the future: it has not grown since.
    let missing = sqlx::query!(
        r#"
        with bucket as (
            select least($4::numeric, allowance + greatest(extract(epoch from $6::timestamptz - refilled_at), 0) * $5::numeric / 60)
                       as allowance,
                   greatest(extract(epoch from paused_until - $6::timestamptz), 0) as paused
              from provider_limits
             where provider = $1 and key_id = $2 and model = $3
               for update
        ), granted as (
            update provider_limits
               set allowance = bucket.allowance - 1, refilled_at = greatest(refilled_at, $6::timestamptz)
              from bucket
             where provider = $1 and key_id = $2 and model = $3
               and bucket.allowance >= 1 and coalesce(bucket.paused, 0) = 0
         returning 1
        )
        select exists (select from granted) as "is_granted!",
               greatest((1 - allowance) * 60 / $5::numeric, paused)::float8 as "wait!"
          from bucket
        "#,
        quota.provider.name(),
        quota.key.as_str(),
        quota.model,
        Decimal::from(bucket.burst),
        Decimal::from(bucket.refill_per_minute),
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    if missing.is_granted {
        return Ok(Turn::Granted);
    }
    // Rounded up: who comes back a moment too early would find nearly a whole request, and wait for nothing.
    let wait = Duration::try_from_secs_f64(missing.wait).unwrap_or_default();
    let milliseconds = wait.as_nanos().div_ceil(1_000_000);
    let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    Ok(Turn::Wait(Duration::from_millis(milliseconds)))
}

/// Makes the bucket, where there is none, with so many requests in it.
async fn fill(
    tx: &mut Tx,
    quota: Quota<'_>,
    requests: Decimal,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into provider_limits (provider, key_id, model, allowance, refilled_at)
        values ($1, $2, $3, $4, $5)
        on conflict (provider, key_id, model) do nothing
        "#,
        quota.provider.name(),
        quota.key.as_str(),
        quota.model,
        requests,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets nothing leave before `until`, as the provider asked; a longer pause stays.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pause(
    tx: &mut Tx,
    quota: Quota<'_>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    fill(tx, quota, Decimal::ZERO, now).await?;
    sqlx::query!(
        r#"
        update provider_limits set paused_until = greatest(paused_until, $4)
         where provider = $1 and key_id = $2 and model = $3
        "#,
        quota.provider.name(),
        quota.key.as_str(),
        quota.model,
        until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Until when nothing may leave; `None` when that is over, or never was.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pause_of(
    tx: &mut Tx,
    quota: Quota<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let until = sqlx::query_scalar!(
        r#"
        select paused_until as "until!"
          from provider_limits
         where provider = $1 and key_id = $2 and model = $3 and paused_until > $4
        "#,
        quota.provider.name(),
        quota.key.as_str(),
        quota.model,
        now,
    );
    until.fetch_optional(&mut **tx).await
}
