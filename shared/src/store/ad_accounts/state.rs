//! What jobs learn about an account while they work: its facts, its pauses, and whether its token is good.

use chrono::{DateTime, Utc};

use super::AdAccount;
use crate::store::Tx;

/// Longest reason kept, in characters.
const REASON_MAX: usize = 500;

/// What Meta tells of an account. `None` means that it did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: Option<String>,
    /// Three capital letters; anything else is not kept.
    pub currency: Option<String>,
    /// A name of the IANA time zone database.
    pub timezone_name: Option<String>,
    /// Meta's number for it: 1 is active. **Source:** Marketing API, "Ad Account".
    pub account_status: Option<i32>,
}

impl Facts {
    /// The currency, if it can be one.
    pub(super) fn currency(&self) -> Option<&str> {
        let currency = self.currency.as_deref()?;
        let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        is_code.then_some(currency)
    }

    /// The name, fit to be kept.
    pub(super) fn name(&self) -> Option<String> {
        self.name.as_deref().map(kept).filter(|it| !it.is_empty())
    }

    /// The time zone, fit to be kept.
    pub(super) fn timezone_name(&self) -> Option<String> {
        let zone = self.timezone_name.as_deref().map(kept);
        zone.filter(|it| !it.is_empty())
    }
}

/// A vendor's text without what Postgres cannot keep or a terminal would act on, cut short.
pub(super) fn kept(text: &str) -> String {
    let text = text.chars().filter(|c| !c.is_control());
    text.take(REASON_MAX).collect()
}

/// Asks every job to leave the account alone until `until`. A longer pause stays as it is: `false` then,
/// and when there is no such account.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pause(
    tx: &mut Tx,
    account: &str,
    until: DateTime<Utc>,
    reason: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_ad_accounts
           set paused_until = $2, pause_reason = $3
         where meta_ad_account_id = $1
           and (paused_until is null or paused_until < $2)
        "#,
        account,
        until,
        kept(reason),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Until when the account is to be left alone, and why. May have passed; nobody takes it away.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pause_of(tx: &mut Tx, account: &str) -> sqlx::Result<Option<(DateTime<Utc>, String)>> {
    let pause = sqlx::query!(
        r#"
        select paused_until as "until!", pause_reason as "reason!"
          from brand_ad_accounts
         where meta_ad_account_id = $1 and paused_until is not null
        "#,
        account,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(pause.map(|pause| (pause.until, pause.reason)))
}

/// Keeps what Meta told at `now`. What it did not tell stays as it was.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn record_facts(
    tx: &mut Tx,
    account: &str,
    facts: &Facts,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update brand_ad_accounts
           set account_name   = coalesce($2, account_name),
               currency       = coalesce($3, currency),
               timezone_name  = coalesce($4, timezone_name),
               account_status = coalesce($5, account_status),
               facts_read_at  = $6
         where meta_ad_account_id = $1
        "#,
        account,
        facts.name(),
        facts.currency(),
        facts.timezone_name(),
        facts.account_status,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that the token `account` was read with is no longer good. `false`: that was known, the account
/// has another token by now, or it is gone.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn needs_reconnect(tx: &mut Tx, account: &AdAccount, why: &str) -> sqlx::Result<bool> {
    let why = kept(why);
    let done = sqlx::query!(
        r#"
        update brand_ad_accounts
           set connection = 'reconnect', connection_error = $4
         where meta_ad_account_id = $1 and brand_id = $2
           and sealed_token is not distinct from $3
           and connection = 'connected'
        "#,
        account.account,
        account.brand_id.0,
        account.access.own(),
        if why.is_empty() {
            "no reason was given"
        } else {
            &why
        },
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that the token `account` was read with works again, as after a change of `META_ACCESS_TOKEN`.
/// `false`: nobody thought otherwise, or the account has another token by now.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn connected(tx: &mut Tx, account: &AdAccount) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_ad_accounts
           set connection = 'connected', connection_error = null
         where meta_ad_account_id = $1 and brand_id = $2
           and sealed_token is not distinct from $3
           and (auth_method = 'system_user' or sealed_token is not null)
           and connection = 'reconnect'
        "#,
        account.account,
        account.brand_id.0,
        account.access.own(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
