//! Months of schedules in seconds, on a real PostgreSQL, with everything going wrong.
//!
//! One process holds the real runtime, reconciler and dispatcher, and pretends to be everything
//! around them: the cloud's clock, the bus, the network, the machines, the people. Time is a queue
//! of events; nothing waits. Every decision follows from one seed, so a failure is a number that
//! anyone can replay.
//!
//! - [`world`] is one simulation, and its loop; `cloud`, `deliveries`, `reconciling` and `weather`
//!   are what happens in it; `line` cuts connections, `work` is the handler; `people` look after
//!   jobs, `letters` after runs, both at the `desk`, and `moves` after which of the cloud's clocks
//!   is in use: EventBridge's rules, or `schedules` of Scheduler.
//! - `calendar`, `policies` and `jobs` know what should have happened, without asking the product.
//! - `checks` and `rules` look after every step, `verdicts` at the end at every run, `endings` and
//!   `history` at what follows from runs.
//!
//! Not simulated: two statements of two processes inside one transaction each at the same time.
//! Processes are interleaved between transactions, where a stalled one loses its view. Whoever moves
//! the rules to the other clock dies or fails, but does not stall, and begins only when no invocation
//! of the old deployment is left.

mod calendar;
mod chance;
mod checks;
mod cloud;
mod deliveries;
mod desk;
mod endings;
mod history;
mod jobs;
mod letters;
mod line;
mod moves;
pub mod mutants;
mod office;
mod opening;
mod people;
mod policies;
mod reconciling;
pub mod report;
mod rules;
mod schedules;
mod verdicts;
mod weather;
mod work;
pub mod world;
