//! A token as JSON.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{ApiTokenId, OrganizationId, Role, TokenScope},
    store::api_tokens::ApiToken,
};

use crate::auth;

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// It may call.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl Standing {
    /// Where `token` stands at `now`.
    pub(crate) fn of(token: &ApiToken, now: DateTime<Utc>) -> Self {
        match token.revoked_at {
            Some(_) => Self::Revoked,
            None if token.is_good(now) => Self::Active,
            None => Self::Expired,
        }
    }
}

/// All but the token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TokenView {
    id: ApiTokenId,
    url: String,
    name: String,
    /// What its callers are called in what they change.
    called: String,
    role: Role,
    /// Which parts of the API it reaches; null: all, and the console.
    scopes: Option<Vec<TokenScope>>,
    organization_id: Option<OrganizationId>,
    organization_name: Option<String>,
    status: Standing,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    rotated_to: Option<ApiTokenId>,
}

impl TokenView {
    /// A token as it is at `now`.
    pub(crate) fn at(now: DateTime<Utc>, token: ApiToken) -> Self {
        Self {
            status: Standing::of(&token, now),
            url: url(token.id),
            called: auth::name_of(&token.digest, &token.name),
            id: token.id,
            name: token.name,
            role: token.role,
            scopes: token.scopes.map(|it| it.known()),
            organization_id: token.organization_id,
            organization_name: token.organization_name,
            created_by: token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
            rotated_to: token.rotated_to,
        }
    }
}

/// Where a token is.
pub(crate) fn url(id: ApiTokenId) -> String {
    format!("/api/tokens/{id}")
}
