//! The stand-in for Gemini, by our client and by plain HTTP.

mod answers;
mod faults;
mod files;
mod limits;
mod uploads;
mod world;
