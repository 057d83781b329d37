//! Runs: lists, one of them, and asking for one.

pub(super) mod actions;
mod links;
pub(super) mod list;
pub(super) mod log;
pub(super) mod new;
pub(super) mod once;
pub(super) mod page;
pub(super) mod retry;
mod steps;
