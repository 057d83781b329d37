//! Rows of `scheduled_job_runs`: read.
