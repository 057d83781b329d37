//! Rows of `scheduled_jobs`: edit.
