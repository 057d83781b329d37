//! Rows of `scheduled_jobs`: read.
