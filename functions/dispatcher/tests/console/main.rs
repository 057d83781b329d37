//! The console on a real PostgreSQL, by a browser without JavaScript and a clock that stands still.

mod ads;
mod compression;
mod dead_letters;
mod forms;
mod headers;
mod jobs;
mod overview;
mod permissions;
mod plans;
mod previews;
mod runs;
mod sessions;
mod texts;
mod tokens;
mod visitors;
mod world;
