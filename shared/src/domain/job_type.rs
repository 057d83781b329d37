//! The job types.
