//! The API on a real PostgreSQL, with a bus that remembers and a clock that stands still.

mod access;
mod bad_input;
mod events;
mod jobs;
mod run_now;
mod runs;
mod switches;
mod world;
