//! Handlers take a [`State`] whose transactions see what its caller may see, and can have no other.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use super::Caller;
use crate::{State, problem::Problem};

/// What the router carries: a [`State`] of the whole installation, for those who find out who calls. A test holds a
/// list of them.
#[derive(Clone, Debug)]
pub(crate) struct Unscoped(State);

impl Unscoped {
    /// Wraps it.
    pub(crate) const fn new(state: State) -> Self {
        Self(state)
    }

    /// The state whose transactions see everything.
    pub(crate) const fn of_installation(&self) -> &State {
        &self.0
    }
}

impl FromRequestParts<Unscoped> for State {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, unscoped: &Unscoped) -> Result<Self, Problem> {
        let Some(caller) = parts.extensions.get::<Caller>() else {
            tracing::error!("a handler was reached by nobody");
            let detail = "the request could not be carried out; the log says why";
            return Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                detail,
            ));
        };
        let state = unscoped.0.clone();
        let db = state.db.within(caller.scope);
        Ok(Self { db, ..state })
    }
}
