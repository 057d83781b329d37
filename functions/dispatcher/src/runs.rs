//! Runs over HTTP: ask for one, look at it, stop it.

pub(crate) mod batches;
pub(crate) mod chain;
pub(crate) mod dead;
pub(crate) mod queue;
pub(crate) mod read;
pub(crate) mod retry_preview;
pub(crate) mod view;
