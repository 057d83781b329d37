//! Words and decisions without I/O.

pub mod ids;
pub mod job_type;
pub mod schedule;
