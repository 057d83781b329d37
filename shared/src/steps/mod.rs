//! Work that several jobs have in common.
//!
//! A job's own work is in its function; what a second function needs as well moves here. Everything
//! below [`crate::runtime`] may be used, as a function may.

pub mod ad_account;
mod clients;
pub mod congruence;
pub mod destinations;
pub mod insights;
pub mod landing_pages;
pub mod questions;

pub use clients::Clients;
