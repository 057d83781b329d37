//! Rows of `scheduled_job_runs`: request.
