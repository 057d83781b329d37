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
}
