//! Event, claim, handler, settle: the one road every run takes.
//!
//! 1. [`serve()`] receives an [`Event`]: a tick of the cloud's clock, or a request from the bus.
//! 2. `claim` gives the tick its row, or takes the pending run, and leases it to this invocation.
//! 3. The function's handler works with a [`Run`].
//! 4. `settle` writes the ending, what follows from it and what people must be told, at once.
//!
//! Around a handler there are three short transactions: claim, settle, and noting that the bus
//! has heard. This is the only place that knows Lambda and the only one that writes an ending.
//! These three are the installation's: a claim counts the slots of all, and an ending makes runs and tells people.
//! What lies between them, the handler's transactions and its checkpoints, is within the scope of the run's organisation.
//! Delivering an event twice is safe: the second delivery finds no work.

mod account;
mod announce;
pub mod audit;
mod batches;
mod claim;
mod deliver;
mod edit;
mod event;
mod measure;
mod pause;
mod run;
mod serve;
mod settle;
mod verdict;

pub use account::{Accounted, account_due, account_overdue, skip_overdue};
pub use announce::announce;
pub use batches::release_retries;
pub use deliver::{Delivery, Worker, deliver};
pub use edit::{Edited, edit, first_unskipped, open};
pub use event::Event;
pub use measure::Measured;
pub use pause::end_pause;
pub use run::Run;
pub use serve::{aws, connect, environment, serve, serve_events, tell, until_refused};
pub use settle::fail_expired;
