//! Rows of `scheduled_jobs`: create.
