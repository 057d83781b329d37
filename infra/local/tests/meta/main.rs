//! The stand-in for Meta, by plain HTTP.

mod accounts;
mod insights;
mod objects;
mod paging;
mod reports;
mod world;
