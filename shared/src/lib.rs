//! What every Sundial function shares: contracts, decisions, queries, clients and the runtime.
//!
//! A house of five floors; a room uses only rooms below its own floor.
//!
//! 5. [`steps`]: work that several jobs have in common.
//! 4. [`runtime`]: event, claim, handler, settle.
//! 3. [`store`]: every SQL statement. [`clients`]: every counterpart outside. They never meet.
//! 2. [`config`]: environment in, types out. [`telemetry`]: log format and field names.
//! 1. [`domain`]: words and decisions without I/O.

pub mod clients;
pub mod config;
pub mod domain;
pub mod runtime;
pub mod steps;
pub mod store;
pub mod telemetry;

pub use store::MIGRATOR;
