//! The whole stack on one machine, running the same function binaries as Lambda does.
//!
//! There is no `if local` anywhere else: what differs from AWS is in this crate. Every part says at
//! the top of its file what it does not imitate.

mod aws;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod events;
pub mod gemini;
pub mod keeper;
pub mod lambda;
pub mod meta;
pub mod objects;
pub mod postgres;
pub mod scheduler;
pub mod server;
pub mod signals;
pub mod stack;
