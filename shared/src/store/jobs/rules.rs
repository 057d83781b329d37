//! Rows of `scheduled_jobs`: rules.
