//! What people are told of ad accounts: that a token is lost, or about to expire.
//!
//! Of each kind an account has its newest news only.

use chrono::{DateTime, Utc};

use crate::{
    domain::BrandId,
    store::{Tx, ad_accounts::AdAccount},
};

/// Tells that an account's token is no longer good, and why. Whoever calls has just noted that, so it is
/// told once.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn reconnect(
    tx: &mut Tx,
    account: &AdAccount,
    why: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let title = format!("{} must be connected again", called(account));
    tell(tx, account, ("reconnect", "error", &title, why), now).await
}

/// Tells that an account's token expires at `end` and cannot be extended, with what to do. `false`: that
/// was told before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn expiring(
    tx: &mut Tx,
    account: &AdAccount,
    end: DateTime<Utc>,
    advice: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let title = format!(
        "the token of {} expires on {}",
        called(account),
        end.format("%Y-%m-%d")
    );
    let is_told = sqlx::query_scalar!(
        r#"
        select exists (select from notifications
                        where meta_ad_account_id = $1 and kind = 'expiring' and title = $2) as "it!"
        "#,
        account.account,
        title,
    )
    .fetch_one(&mut **tx)
    .await?;
    if !is_told {
        tell(tx, account, ("expiring", "warning", &title, advice), now).await?;
    }
    Ok(!is_told)
}

/// Takes back what was told of an account, for it has a good token by now. What has reached people stays
/// with them.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn settle(tx: &mut Tx, brand: BrandId, account: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notifications where brand_id = $1 and meta_ad_account_id = $2",
        brand.0,
        account,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn tell(
    tx: &mut Tx,
    account: &AdAccount,
    (kind, severity, title, body): (&str, &str, &str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notifications where meta_ad_account_id = $1 and kind = $2",
        account.account,
        kind,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        insert into notifications
               (organization_id, brand_id, meta_ad_account_id, kind, severity, title, body,
                created_at, last_occurred_at, deliver_after)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)
        "#,
        account.organization_id.0,
        account.brand_id.0,
        account.account,
        kind,
        severity,
        title,
        body,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn called(account: &AdAccount) -> String {
    match &account.name {
        Some(name) => format!("the ad account {name} ({})", account.account),
        None => format!("the ad account {}", account.account),
    }
}
