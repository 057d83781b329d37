-- Deliveries of a run, or of its fire time, that came after it had its verdict or its worker.

alter table scheduled_job_runs
    add column duplicates int not null default 0 check (duplicates >= 0);
