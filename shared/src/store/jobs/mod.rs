//! Rows of `scheduled_jobs`.

pub mod create;
pub mod edit;
pub mod ledger;
pub mod read;
pub mod rules;
