//! `asset_download` from rows to objects, with stand-ins for Meta and S3 on loopback.

mod happy;
mod limits;
pub mod studio;
mod throttles;
mod tokens;
mod troubles;
