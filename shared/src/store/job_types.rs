//! Rows of `job_types`.
