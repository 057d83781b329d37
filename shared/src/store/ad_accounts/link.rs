//! Which brand an account belongs to.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Facts, NewToken, state::kept};
use crate::{domain::BrandId, store::Tx};

/// An account that a brand shall have.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// The brand.
    pub brand: BrandId,
    /// The account, as `act_` and digits.
    pub account: &'a str,
    /// Whether the brand's jobs work on it, which takes that from the brand's other accounts. `None`: as
    /// it is, and for a new one: when the brand has no primary account yet.
    pub is_primary: Option<bool>,
    /// A token of its own. `None`: as it is, and for a new one: the system user's.
    pub token: Option<&'a NewToken>,
    /// Whose token that is, for people.
    pub user_name: Option<&'a str>,
    /// What Meta tells of it.
    pub facts: &'a Facts,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// The account is new to the brand.
    New,
    /// The brand had it already; its token and facts are new, and it counts as connected.
    Again,
    /// There is no such brand.
    NoSuchBrand,
    /// Another brand has it, perhaps of another tenant: nothing is said about which. Nothing was written.
    Taken,
}

/// Links an account to a brand, or gives it another token.
///
/// Links of one brand wait for each other, so that one of them ends up as primary.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn link(tx: &mut Tx, link: &NewLink<'_>, now: DateTime<Utc>) -> sqlx::Result<Linked> {
    let brand = sqlx::query_scalar!(
        "select organization_id from brands where id = $1 for no key update",
        link.brand.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(organization_id) = brand else {
        return Ok(Linked::NoSuchBrand);
    };
    let Some(is_new) = write(tx, link, organization_id, now).await? else {
        return Ok(Linked::Taken);
    };
    match (link.is_primary, is_new) {
        (Some(is_primary), _) => set_primary(tx, link, is_primary).await?,
        (None, true) => {
            let is_first = !has_primary(tx, link.brand).await?;
            set_primary(tx, link, is_first).await?;
        }
        (None, false) => {}
    }
    Ok(if is_new { Linked::New } else { Linked::Again })
}

/// Writes the row; whether it is new, and `None` when another brand has the account.
async fn write(
    tx: &mut Tx,
    link: &NewLink<'_>,
    organization_id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<bool>> {
    let token = link.token;
    sqlx::query_scalar!(
        r#"
        insert into brand_ad_accounts as x
               (organization_id, brand_id, meta_ad_account_id, is_primary, account_name, currency,
                timezone_name, account_status, facts_read_at, connected_user_name, auth_method,
                sealed_token, token_key_id, token_issued_at, token_expires_at, created_at)
        values ($1, $2, $3, false, $4, $5,
                $6, $7, $8, $9, case when $10::bytea is null then 'system_user' else 'oauth' end,
                $10, $11, $12, $13, $8)
            on conflict (meta_ad_account_id) do update
           set account_name        = coalesce($4, x.account_name),
               currency            = coalesce($5, x.currency),
               timezone_name       = coalesce($6, x.timezone_name),
               account_status      = coalesce($7, x.account_status),
               facts_read_at       = $8,
               connected_user_name = case when $10 is null then x.connected_user_name else $9 end,
               auth_method         = case when $10 is null then x.auth_method else 'oauth' end,
               sealed_token        = coalesce($10, x.sealed_token),
               token_key_id        = coalesce($11, x.token_key_id),
               token_issued_at     = case when $10 is null then x.token_issued_at else $12 end,
               token_expires_at    = case when $10 is null then x.token_expires_at else $13 end,
               connection          = 'connected',
               connection_error    = null
         where x.brand_id = $2
           and ($10 is not null or x.auth_method = 'system_user' or x.sealed_token is not null)
        returning (xmax = 0) as "is_new!"
        "#,
        organization_id,
        link.brand.0,
        link.account,
        link.facts.name(),
        link.facts.currency(),
        link.facts.timezone_name(),
        link.facts.account_status,
        now,
        link.user_name.map(kept),
        token.map(|token| token.sealed.bytes.as_slice()),
        token.map(|token| token.sealed.key_id.as_str()),
        token.map(|token| token.issued_at),
        token.and_then(|token| token.expires_at),
    )
    .fetch_optional(&mut **tx)
    .await
}

async fn has_primary(tx: &mut Tx, brand: BrandId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from brand_ad_accounts where brand_id = $1 and is_primary) as "it!""#,
        brand.0,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Says whether the account is primary. The index allows one at each moment, so the flag is taken away
/// first.
async fn set_primary(tx: &mut Tx, link: &NewLink<'_>, is_primary: bool) -> sqlx::Result<()> {
    if is_primary {
        sqlx::query!(
            r#"
            update brand_ad_accounts set is_primary = false
             where brand_id = $1 and is_primary and meta_ad_account_id <> $2
            "#,
            link.brand.0,
            link.account,
        )
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query!(
        r#"
        update brand_ad_accounts set is_primary = $3
         where brand_id = $1 and meta_ad_account_id = $2 and is_primary <> $3
        "#,
        link.brand.0,
        link.account,
        is_primary,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What became of the end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// It is gone, and with it the account's token.
    Yes,
    /// The brand has no such account.
    NoSuchAccount,
    /// Ads, numbers or media of the account are kept. The transaction cannot go on.
    InUse,
}

/// Takes an account from a brand.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unlink(tx: &mut Tx, brand: BrandId, account: &str) -> sqlx::Result<Unlinked> {
    let done = sqlx::query!(
        "delete from brand_ad_accounts where brand_id = $1 and meta_ad_account_id = $2",
        brand.0,
        account,
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(done) if done.rows_affected() == 1 => Ok(Unlinked::Yes),
        Ok(_) => Ok(Unlinked::NoSuchAccount),
        Err(error) if is_referred_to(&error) => Ok(Unlinked::InUse),
        Err(error) => Err(error),
    }
}

/// **Source:** PostgreSQL, appendix A, "Error Codes": `foreign_key_violation`, and from version 18 on
/// `restrict_violation`.
fn is_referred_to(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("23503" | "23001"))
}
