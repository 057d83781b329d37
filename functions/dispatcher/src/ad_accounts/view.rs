//! An account as the API shows it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::store::ad_accounts::{Access, AdAccount, Connection};

/// An account, with nothing of its token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AccountView {
    account: String,
    name: Option<String>,
    is_primary: bool,
    currency: Option<String>,
    timezone_name: Option<String>,
    /// `system_user` or `own_token`.
    access: &'static str,
    /// `connected` or `reconnect`.
    connection: &'static str,
    connection_error: Option<String>,
    token_expires_at: Option<DateTime<Utc>>,
    /// No job asks Meta about it before then; null when they may.
    paused_until: Option<DateTime<Utc>>,
}

impl AccountView {
    /// The account at `now`.
    pub(super) fn of(account: AdAccount, now: DateTime<Utc>) -> Self {
        let (connection, connection_error) = match account.connection {
            Connection::Connected => ("connected", None),
            Connection::Reconnect { why } => ("reconnect", Some(why)),
        };
        Self {
            account: account.account,
            name: account.name,
            is_primary: account.is_primary,
            currency: account.currency,
            timezone_name: account.timezone_name,
            access: match account.access {
                Access::System => "system_user",
                Access::Own(_) | Access::Lost => "own_token",
            },
            connection,
            connection_error,
            token_expires_at: account.token_expires_at,
            paused_until: account.paused_until.filter(|until| *until > now),
        }
    }
}
