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

impl TokenScope {
    /// Those of these words that are scopes: one that this version does not know reaches nothing.
    pub(crate) fn of_words(words: &[String]) -> Vec<Self> {
        let known = Self::ALL.iter().copied();
        let is_named = |scope: &Self| words.iter().any(|word| word == scope.name());
        known.filter(is_named).collect()
    }
}
