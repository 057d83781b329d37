//! Accounts' own tokens: which expire, and what came in their place.

use chrono::{DateTime, Utc};

use super::{AdAccount, Row};
use crate::{
    domain::{BrandId, OrganizationId},
    store::{Tx, tokens::SealedToken},
};

/// A token that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// The token, sealed for its row.
    pub sealed: SealedToken,
    /// When Meta gave it out, or when it was given to us.
    pub issued_at: DateTime<Utc>,
    /// When it expires; `None`: it does not, or nobody knows.
    pub expires_at: Option<DateTime<Utc>>,
}

/// An account whose own token expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// The account.
    pub account: AdAccount,
    /// When its token was given out; `None` when nobody knows.
    pub issued_at: Option<DateTime<Utc>>,
    /// When it expires; may have passed.
    pub expires_at: DateTime<Utc>,
}

/// Keeps another token for `account` in place of the one it was read with. `false`: somebody else did so
/// before, or the account is gone; nothing changes then.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn save_token(tx: &mut Tx, account: &AdAccount, token: &NewToken) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_ad_accounts
           set auth_method = 'oauth', sealed_token = $4, token_key_id = $5, token_issued_at = $6,
               token_expires_at = $7, connection = 'connected', connection_error = null
         where meta_ad_account_id = $1 and brand_id = $2
           and sealed_token is not distinct from $3
        "#,
        account.account,
        account.brand_id.0,
        account.access.own(),
        token.sealed.bytes,
        token.sealed.key_id,
        token.issued_at,
        token.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Connected accounts of all brands whose own token expires before `before`, the first to expire first:
/// at most `limit`, and only those after the place `after`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn expiring(
    tx: &mut Tx,
    before: DateTime<Utc>,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> sqlx::Result<Vec<Expiring>> {
    let (after_time, after_account) = after.unzip();
    let rows = sqlx::query!(
        r#"
        select organization_id as "organization_id: OrganizationId", brand_id as "brand_id: BrandId",
               meta_ad_account_id as account, account_name as name, is_primary, currency, timezone_name,
               auth_method, sealed_token, token_key_id, connection_error, paused_until,
               token_expires_at as "token_expires_at!", token_issued_at
          from brand_ad_accounts
         where sealed_token is not null
           and connection = 'connected'
           and token_expires_at < $1
           and ($2::timestamptz is null or (token_expires_at, meta_ad_account_id) > ($2, $3::text))
         order by token_expires_at, meta_ad_account_id
         limit $4
        "#,
        before,
        after_time,
        after_account,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = rows.into_iter().map(|row| Expiring {
        issued_at: row.token_issued_at,
        expires_at: row.token_expires_at,
        account: AdAccount::from(Row {
            organization_id: row.organization_id,
            brand_id: row.brand_id,
            account: row.account,
            name: row.name,
            is_primary: row.is_primary,
            currency: row.currency,
            timezone_name: row.timezone_name,
            auth_method: row.auth_method,
            sealed_token: row.sealed_token,
            token_key_id: row.token_key_id,
            connection_error: row.connection_error,
            paused_until: row.paused_until,
            token_expires_at: Some(row.token_expires_at),
        }),
    });
    Ok(read.collect())
}

/// Accounts of all brands whose token another key than `key_id` sealed, at most `limit`, after the account
/// `after`; with when their token was given out. Until there are none, the old key is needed.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn sealed_otherwise(
    tx: &mut Tx,
    key_id: &str,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<AdAccount>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select organization_id as "organization_id: OrganizationId", brand_id as "brand_id: BrandId",
               meta_ad_account_id as account, account_name as name, is_primary, currency, timezone_name,
               auth_method, sealed_token, token_key_id, connection_error, paused_until, token_expires_at
          from brand_ad_accounts
         where token_key_id <> $1
           and ($2::text is null or meta_ad_account_id > $2)
         order by meta_ad_account_id
         limit $3
        "#,
        key_id,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(AdAccount::from).collect())
}

/// Keeps the same token under another key. `false`: it is another token by now.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn reseal(tx: &mut Tx, account: &AdAccount, sealed: &SealedToken) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_ad_accounts
           set sealed_token = $4, token_key_id = $5
         where meta_ad_account_id = $1 and brand_id = $2 and sealed_token = $3
        "#,
        account.account,
        account.brand_id.0,
        account.access.own(),
        sealed.bytes,
        sealed.key_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
