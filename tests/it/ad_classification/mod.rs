//! `ad_classification` from rows and bytes to rows, with stand-ins for Gemini and S3 on loopback.

mod again;
mod agency;
mod leaves;
mod links;
mod money;
mod pages;
mod pages_trouble;
mod reanalysis;
mod refused;
mod troubles;
mod uploads;
