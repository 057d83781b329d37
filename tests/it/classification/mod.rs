//! What is kept of ads' classifications, on a real PostgreSQL.

mod facts;
mod files;
mod limits;
mod pages;
mod pages_guest;
pub mod pages_site;
mod pages_step;
mod plan;
mod refusals;
mod rows;
mod schema;
mod studio;
mod units;
mod usage;
mod videos;
