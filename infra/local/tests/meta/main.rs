//! The stand-in for Meta, by plain HTTP.

mod accounts;
mod batch;
mod insights;
mod objects;
mod paging;
mod quota;
mod reports;
mod tokens;
mod world;
