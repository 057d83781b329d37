-- What people acknowledged lately, to take it back.
create index scheduled_job_runs_acknowledged on scheduled_job_runs (acknowledged_at) where acknowledged_at is not null;
