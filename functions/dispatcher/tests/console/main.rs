//! The console on a real PostgreSQL, by a browser without JavaScript and a clock that stands still.

mod ads;
mod bulk;
mod calendar;
mod channels;
mod compression;
mod dead_letters;
mod forms;
mod freshness;
mod headers;
mod job_lists;
mod jobs;
mod news;
mod organizations;
mod overview;
mod permissions;
mod plans;
mod previews;
mod run_pages;
mod runs;
mod schedules;
mod sessions;
mod strip;
mod texts;
mod tokens;
mod visitors;
mod world;
