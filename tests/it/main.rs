//! Scenarios across functions, on a real PostgreSQL.

#![allow(clippy::allow_attributes, reason = "see the next line")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test that cannot go on panics; its names are claims"
)]

mod ad_accounts;
mod ad_classification;
mod adopt;
mod asset_download;
mod baselines;
pub mod classification;
mod cloud_clock;
mod destinations;
mod house;
mod ledger;
mod meta_sync;
mod mistakes;
mod pooler;
mod stack;
mod tenants;
mod token_refresh;
mod world;
