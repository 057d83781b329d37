//! What callers of the API may do.

use super::words::words;

words! {
    /// What a caller may do. Each role may do what those before it may.
    Role {
        /// Looks.
        Viewer = "viewer",
        /// Also makes and edits jobs, runs them, and cares for what failed.
        Operator = "operator",
        /// Also gives out tokens, and links ad accounts.
        Admin = "admin",
    }
    /// A part of the API that a token may be restricted to.
    TokenScope {
        /// Jobs, their schedules, and the calendar.
        Jobs = "jobs",
        /// Runs, asking for one, and what failed.
        Runs = "runs",
        /// Brands: how fresh their data is, what was found out about their ads, and their ad accounts.
        Brands = "brands",
        /// Notifications and their channels.
        Notifications = "notifications",
        /// Tokens and organizations.
        Access = "access",
    }
}

/// The scopes of a token, as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent, no_pg_array)]
pub struct TokenScopes(Vec<String>);

impl TokenScopes {
    /// Those that this version knows: another one reaches nothing.
    #[must_use]
    pub fn known(&self) -> Vec<TokenScope> {
        let is_named = |scope: &TokenScope| self.0.iter().any(|word| word == scope.name());
        TokenScope::ALL.iter().copied().filter(is_named).collect()
    }
}

impl From<&[TokenScope]> for TokenScopes {
    fn from(scopes: &[TokenScope]) -> Self {
        Self(scopes.iter().map(|it| it.name().to_owned()).collect())
    }
}
