//! Whose request it is.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use shared::{
    domain::{OrganizationId, Role, TokenScope},
    store::{
        Scope, console_sessions::Visitor, jobs::changes::Author, members::Seen,
        notifications::reads::Reader,
    },
};

use crate::problem::Problem;

/// Digits of a token's digest that name the caller in a run: enough to tell two tokens apart.
const NAME_BYTES: usize = 4;

/// Whose request it is, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// As it stands in what they change, as in `token 0a1b2c3d (deployments)`.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Whose rows they reach.
    pub(crate) scope: Scope,
    /// Which parts of the API they reach; `None`: all, and the console.
    pub(crate) token_scopes: Option<Arc<[TokenScope]>>,
    /// SHA-256 of their token, or of what the identity provider calls them.
    pub(crate) sha256: [u8; 32],
}

impl Caller {
    /// An administrator of the installation, whose token is configured.
    pub(crate) fn of_installation(digest: &[u8; 32]) -> Self {
        Self {
            name: token_name(digest),
            role: Role::Admin,
            scope: Scope::Installation,
            token_scopes: None,
            sha256: *digest,
        }
    }

    /// Whose rows they reach; `None`: those of the whole installation.
    pub(crate) const fn organization(&self) -> Option<OrganizationId> {
        match self.scope {
            Scope::Installation => None,
            Scope::Organization(id) => Some(id),
        }
    }

    /// The organization that a list is of, where `wanted` is asked for: theirs, or that; `None`: of all.
    ///
    /// # Errors
    /// 404 for another one than theirs.
    pub(crate) fn within(
        &self,
        wanted: Option<OrganizationId>,
    ) -> Result<Option<OrganizationId>, Problem> {
        let own = self.organization();
        if own.is_some() && wanted.is_some() && wanted != own {
            return Err(Problem::missing("organization"));
        }
        Ok(own.or(wanted))
    }

    /// Refuses callers of one organization what is for all: only an administrator of the installation `does` it.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn require_installation(&self, does: &str) -> Result<(), Problem> {
        if self.organization().is_none() {
            return Ok(());
        }
        let detail = format!("only an administrator of the installation {does}");
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
    }

    /// Whether they reach what belongs to `scope`; `None`: what is only for those who reach all.
    pub(crate) fn reaches(&self, scope: Option<TokenScope>) -> bool {
        match (&self.token_scopes, scope) {
            (None, _) => true,
            (Some(scopes), Some(scope)) => scopes.contains(&scope),
            (Some(_), None) => false,
        }
    }

    /// As somebody of the identity provider.
    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen {
            sha256: &self.sha256,
            name: &self.name,
            role: self.role,
            organization_id: self.organization(),
        }
    }

    /// As who they read notifications.
    pub(crate) const fn reader(&self) -> Reader<'_> {
        Reader {
            sha256: &self.sha256,
            organization_id: self.organization(),
        }
    }

    /// Who changes a job now.
    pub(crate) fn author(&self, now: DateTime<Utc>) -> Author<'_> {
        Author {
            name: &self.name,
            now,
        }
    }
}

impl Caller {
    /// Somebody whom the identity provider vouched for when they signed in, by the digest of what it calls them.
    pub(crate) fn of_session(visitor: Visitor, sha256: [u8; 32]) -> Self {
        Self {
            name: visitor.name,
            role: visitor.role,
            scope: Scope::of(visitor.organization_id),
            token_scopes: None,
            sha256,
        }
    }
}

/// By whose token it is and what people call it.
pub(crate) fn name_of(digest: &[u8], name: &str) -> String {
    format!("{} ({name})", token_name(digest))
}

/// By the first digits of the digest: a token has far more entropy than they give away.
pub(crate) fn token_name(digest: &[u8]) -> String {
    let digits: String = digest
        .iter()
        .take(NAME_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("token {digits}")
}
