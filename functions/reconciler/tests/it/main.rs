//! The reconciler on a real PostgreSQL, a stand-in EventBridge behind the real SDK, and a bus that
//! remembers.

#![expect(
    clippy::expect_used,
    reason = "the verbs of the world are helpers, which clippy does not count as tests"
)]

mod audit;
mod command;
mod courier;
mod courier_channels;
mod courier_settings;
mod hours;
mod import;
mod ledger;
mod limits;
mod owner;
mod prune;
mod redrive;
mod rules;
mod strangers;
mod trouble;
mod why;
mod why_then;
mod world;
