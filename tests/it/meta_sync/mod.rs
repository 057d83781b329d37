//! Syncs of a stand-in's accounts, from question to row.

mod creatives;
mod follow_ups;
mod fresh;
mod happy;
mod kills;
mod limits;
mod locks;
pub mod office;
mod troubles;
