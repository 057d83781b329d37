//! The outside, one file or folder per counterpart.

pub mod bus;
pub mod cloud_clock;
pub mod gemini;
pub mod http;
pub mod meta;
pub mod objects;
pub mod pages;
pub mod parameters;
pub mod resend;
pub mod send_error;
pub mod slack;
pub mod throttles;
pub mod undelivered;
