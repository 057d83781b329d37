//! The API on a real PostgreSQL, with a bus that remembers and a clock that stands still.

mod access;
mod ad_accounts;
mod bad_input;
mod calendar;
mod callers;
mod changes;
mod dead_letters;
mod edits;
mod events;
mod jobs;
mod keys;
mod legacy;
mod limits;
mod lists;
mod matrix;
mod notifications;
mod openapi;
mod periods;
mod provider;
mod reports;
mod run_now;
mod runs;
mod switches;
mod tenants;
mod tokens;
mod world;
