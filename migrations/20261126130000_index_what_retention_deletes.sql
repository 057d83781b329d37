-- Old runs and log lines are deleted in small batches: what finds them, and what a deletion looks at.

create index scheduled_job_runs_ended on scheduled_job_runs (completed_at) where completed_at is not null;
create index scheduled_job_runs_parent on scheduled_job_runs (parent_run_id) where parent_run_id is not null;
create index run_logs_at on run_logs (at);
create index dataset_status_last_run_id on dataset_status (last_run_id);
create index product_template_usage_run_id on product_template_usage (run_id) where run_id is not null;
