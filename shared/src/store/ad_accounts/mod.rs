//! Rows of `brand_ad_accounts`: which accounts a brand has, how each is reached, and whether it may be
//! asked right now.
//!
//! An account belongs to one brand. Whatever is noted about a token says which one it was read with, so a
//! run that still holds the token of before spoils nothing for the one that came after.

mod link;
mod state;
mod token;

use chrono::{DateTime, Utc};

use super::tokens::SealedToken;
use crate::{
    domain::{BrandId, OrganizationId},
    store::Tx,
};

pub use link::{Linked, NewLink, Unlinked, link, unlink};
pub use state::{Facts, connected, needs_reconnect, pause, pause_of, record_facts};
pub use token::{Expiring, NewToken, expiring, reseal, save_token, sealed_otherwise};

/// An ad account of a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdAccount {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The brand.
    pub brand_id: BrandId,
    /// The account, as `act_` and digits.
    pub account: String,
    /// What Meta calls it, as last read.
    pub name: Option<String>,
    /// Whether it is the one that a brand's jobs work on. A brand has at most one.
    pub is_primary: bool,
    /// The currency it is billed in, as in `EUR`; `None` until it was read.
    pub currency: Option<String>,
    /// The time zone its days are counted in, as in `Europe/Berlin`; `None` until it was read.
    pub timezone_name: Option<String>,
    /// Which token reads it. [`super::tokens::token_of`] gives the token.
    pub access: Access,
    /// Whether that token was good when it was last used.
    pub connection: Connection,
    /// No job asks Meta for anything of it before then; may have passed.
    pub paused_until: Option<DateTime<Utc>>,
    /// When its own token expires; `None` when it has none, or one that does not.
    pub token_expires_at: Option<DateTime<Utc>>,
}

/// Which token reads an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// That of the installation's system user.
    System,
    /// Its own.
    Own(SealedToken),
    /// It had its own and has it no more: a person must connect it again.
    Lost,
}

impl Access {
    /// The account's own token as the row has it.
    pub(super) fn own(&self) -> Option<&[u8]> {
        match self {
            Self::Own(sealed) => Some(&sealed.bytes),
            Self::System | Self::Lost => None,
        }
    }
}

/// Whether an account's token is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// As far as we know.
    Connected,
    /// No: only a person can mend that.
    Reconnect {
        /// What Meta said, for that person.
        why: String,
    },
}

/// A row, or the part of it that makes an [`AdAccount`].
struct Row {
    organization_id: OrganizationId,
    brand_id: BrandId,
    account: String,
    name: Option<String>,
    is_primary: bool,
    currency: Option<String>,
    timezone_name: Option<String>,
    auth_method: String,
    sealed_token: Option<Vec<u8>>,
    token_key_id: Option<String>,
    connection_error: Option<String>,
    paused_until: Option<DateTime<Utc>>,
    token_expires_at: Option<DateTime<Utc>>,
}

impl From<Row> for AdAccount {
    fn from(row: Row) -> Self {
        let access = match row.sealed_token.zip(row.token_key_id) {
            Some((bytes, key_id)) => Access::Own(SealedToken { key_id, bytes }),
            None if row.auth_method == "oauth" => Access::Lost,
            None => Access::System,
        };
        let connection = match row.connection_error {
            Some(why) => Connection::Reconnect { why },
            None => Connection::Connected,
        };
        Self {
            organization_id: row.organization_id,
            brand_id: row.brand_id,
            account: row.account,
            name: row.name,
            is_primary: row.is_primary,
            currency: row.currency,
            timezone_name: row.timezone_name,
            access,
            connection,
            paused_until: row.paused_until,
            token_expires_at: row.token_expires_at,
        }
    }
}

/// The account that a brand's jobs work on; `None` when none is linked as primary.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn primary(tx: &mut Tx, brand: BrandId) -> sqlx::Result<Option<AdAccount>> {
    let accounts = of_brand(tx, brand).await?;
    Ok(accounts.into_iter().find(|account| account.is_primary))
}

/// Most accounts of one brand that are read: Meta itself has 25 in a business portfolio by default, and
/// some hundreds at most.
const ACCOUNTS_MAX: i64 = 1_000;

/// Every account of a brand, the primary one first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_brand(tx: &mut Tx, brand: BrandId) -> sqlx::Result<Vec<AdAccount>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select organization_id as "organization_id: OrganizationId", brand_id as "brand_id: BrandId",
               meta_ad_account_id as account, account_name as name, is_primary, currency, timezone_name,
               auth_method, sealed_token, token_key_id, connection_error, paused_until, token_expires_at
          from brand_ad_accounts
         where brand_id = $1
         order by is_primary desc, created_at, meta_ad_account_id
         limit $2
        "#,
        brand.0,
        ACCOUNTS_MAX,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(AdAccount::from).collect())
}
