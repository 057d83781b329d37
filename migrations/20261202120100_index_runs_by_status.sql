-- Lists of runs in one state, the newest first: some states are rare, and a look at all runs for them is long.
create index scheduled_job_runs_of_status on scheduled_job_runs (status, created_at desc, id desc);
